import { EXIT } from '../exit-codes.ts';
import { runCommand } from '../run-command.ts';
import { formatBytes, formatCount, formatDuration } from '../terminal/format.ts';
import { createBackup, type BackupReport, type CreateBackupOptions } from './create-backup.ts';
import type { Consistency } from './manifest.ts';

/** Also the longest that a reply may take. */
const SOCKET_TIMEOUT_MS = 120_000;

export interface CreateCommandOptions extends Pick<
  CreateBackupOptions,
  'out' | 'name' | 'layout' | 'compression' | 'consistency'
> {
  isJson: boolean;
}

/** `ops backup create` */
export async function create({ isJson, ...options }: CreateCommandOptions): Promise<void> {
  const database = { socketTimeoutMs: SOCKET_TIMEOUT_MS };
  await runCommand({ isJson, database }, async ({ connection, signal, progress, stdout }) => {
    const report = await createBackup({ ...options, db: connection.db, signal, progress });
    progress.stop();
    stdout(isJson ? `${JSON.stringify(toEvent(report))}\n` : format(report));
    return EXIT.done;
  });
}

function toEvent({ name, path, durationMs, manifest }: BackupReport): object {
  const { database, layout, compression, consistency, server, totals, collections } = manifest;
  return {
    event: 'result',
    name,
    path,
    durationMs: Math.round(durationMs),
    database,
    layout,
    compression,
    consistency,
    server,
    ...totals,
    collections: collections.map(({ name: collection, type, documents, sizeBytes }) => ({
      name: collection,
      type,
      documents,
      sizeBytes,
    })),
  };
}

function format({ path, durationMs, manifest }: BackupReport): string {
  const { collections, totals, consistency } = manifest;
  const { documents, sizeBytes, storedBytes } = totals;
  const lines = [
    `Backup written and read back: ${path}`,
    `${formatCount(documents)} documents in ${formatCount(collections.length)} collections, ` +
      `${formatBytes(sizeBytes)}, on disk ${formatBytes(storedBytes)}, in ${formatDuration(durationMs)}`,
    describeConsistency(consistency),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function describeConsistency(consistency: Consistency): string {
  if (consistency.kind === 'none') return `Not of one moment: ${consistency.reason}`;
  const at = new Date(consistency.clusterTime.t * 1_000).toISOString();
  const { exceptions } = consistency;
  const except = exceptions.length === 0 ? '' : `, except capped collections: ${exceptions.join(', ')}`;
  return `As of one moment: ${at}${except}`;
}
