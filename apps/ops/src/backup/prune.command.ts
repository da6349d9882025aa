import { EXIT } from '../exit-codes.ts';
import { runWithSignal } from '../run-command.ts';
import { formatBytes } from '../terminal/format.ts';
import { formatTable, printable } from '../terminal/table.ts';
import { pruneBackups, type PrunedBackup, type Retention } from './prune-backups.ts';

export interface PruneCommandOptions {
  /** Folder that holds the backups. */
  backups: string;
  retention: Retention;
  isDryRun: boolean;
  isJson: boolean;
}

/** `ops backup prune` */
export async function prune({ backups, retention, isDryRun, isJson }: PruneCommandOptions): Promise<void> {
  await runWithSignal(isJson, async () => {
    const leftOvers: string[] = [];
    const plan = await pruneBackups(backups, retention, isDryRun, (name) => leftOvers.push(name));
    process.stdout.write(
      isJson
        ? `${JSON.stringify(toJson(plan, { isDryRun, leftOvers }))}\n`
        : format(plan, { isDryRun, leftOvers }),
    );
    return EXIT.done;
  });
}

/** What came of it beside the plan. */
interface Outcome {
  isDryRun: boolean;
  /** What an earlier run had begun to remove. */
  leftOvers: string[];
}

function toJson(plan: PrunedBackup[], { isDryRun, leftOvers }: Outcome): object {
  const name = ({ backup }: PrunedBackup): string => backup.name;
  const kept = plan.filter(({ reason }) => reason !== undefined);
  return {
    isDryRun,
    kept: kept.map(({ backup, reason }) => ({ name: backup.name, reason })),
    removed: plan.filter(({ reason }) => reason === undefined).map(name),
    leftOvers,
  };
}

function format(plan: PrunedBackup[], { isDryRun, leftOvers }: Outcome): string {
  if (plan.length === 0) return 'There are no backups here\n';
  const gone = isDryRun ? 'would be removed' : 'removed';
  const rows = plan.map(({ backup, reason }) => [
    backup.name,
    backup.state,
    reason === undefined ? gone : `kept: ${reason}`,
  ]);
  const removed = plan.filter(({ reason }) => reason === undefined);
  const freed = removed.reduce((total, { backup }) => total + backup.manifest.totals.storedBytes, 0);
  const table = formatTable([{ title: 'name' }, { title: 'state' }, { title: 'what becomes of it' }], rows);
  const notes = leftOvers.map((name) => `${printable(name)}: removed, an earlier run had begun to\n`);
  return `${table}${notes.join('')}${removed.length} ${gone}, ${formatBytes(freed)}\n`;
}
