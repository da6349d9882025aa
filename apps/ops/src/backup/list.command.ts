import { EXIT } from '../exit-codes.ts';
import { runWithSignal } from '../run-command.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import { formatTable, type Column } from '../terminal/table.ts';
import { listBackups, type BackupFolder, type ListedBackup } from './list-backups.ts';
import type { Compression } from './manifest.ts';

const COLUMNS: Column[] = [
  { title: 'name' },
  { title: 'database' },
  { title: 'begun' },
  { title: 'format' },
  { title: 'documents', align: 'right' },
  { title: 'on disk', align: 'right' },
  { title: 'consistent' },
  { title: 'state', isWrapped: true },
];
const NAMES: Readonly<Record<Compression, string>> = { none: '', gzip: ' gzip', zstd: ' zstd' };

/** `ops backup list` */
export async function list({ isJson, backups: folder }: { isJson: boolean; backups: string }): Promise<void> {
  await runWithSignal(isJson, async () => {
    const found = await listBackups(folder);
    process.stdout.write(isJson ? `${JSON.stringify(toJson(found))}\n` : format(found));
    return EXIT.done;
  });
}

/** What `--json` tells of a backup. */
export function toJsonBackup({ name, path, manifest, proof, state }: ListedBackup): object {
  const { database, startedAt, finishedAt, layout, compression, consistency, server, totals } = manifest;
  const facts = { database, startedAt, finishedAt, layout, compression, consistency, server, ...totals };
  return { name, path, ...facts, state, proof: proof ?? null };
}

function toJson({ backups, unreadable, incomplete }: BackupFolder): object {
  return { backups: backups.map(toJsonBackup), unreadable, incomplete };
}

function format({ backups, unreadable, incomplete }: BackupFolder): string {
  const rows = backups.map(({ name, manifest, state, proof }) => [
    name,
    manifest.database,
    manifest.startedAt.replace(/\.\d+/, ''),
    `${manifest.layout}${NAMES[manifest.compression]}`,
    formatCount(manifest.totals.documents),
    formatBytes(manifest.totals.storedBytes),
    manifest.consistency.kind === 'snapshot' ? 'yes' : 'no',
    proof ? `${state} by ${proof.kind} ${proof.at.slice(0, 10)}` : state,
  ]);
  const notes = [
    ...unreadable.map((name) => `${name}: its manifest is missing or cannot be read\n`),
    ...incomplete.map((name) => `${name}: not finished, or being written\n`),
  ];
  const table = rows.length === 0 ? 'There are no backups here\n' : formatTable(COLUMNS, rows);
  return `${table}${notes.join('')}`;
}
