import { EXIT } from '../exit-codes.ts';
import { runCommand } from '../run-command.ts';
import { formatReport } from './format-report.ts';
import type { RestoreOptions } from './options.ts';
import type { RestoreReport } from './report.ts';
import { restoreBackup } from './restore-backup.ts';

export interface RestoreCommandOptions extends Omit<RestoreOptions, 'client' | 'signal' | 'progress'> {
  isJson: boolean;
}

/** `ops restore` */
export async function restore({ isJson, ...options }: RestoreCommandOptions): Promise<void> {
  // A large index takes longer to build than any time limit of a service.
  const database = { socketTimeoutMs: 0 };
  await runCommand({ isJson, database }, async ({ connection, signal, progress, stdout }) => {
    const report = await restoreBackup({ ...options, client: connection.client, signal, progress });
    progress.stop();
    stdout(isJson ? `${JSON.stringify({ event: 'result', ...report })}\n` : formatReport(report));
    return exitCodeOf(report);
  });
}

function exitCodeOf({ isComplete, isDryRun, interruption }: RestoreReport): number {
  if (isComplete || (isDryRun && interruption === null)) return EXIT.done;
  if (interruption?.code === 'INTERRUPTED') return EXIT.interrupted;
  return interruption?.code === 'DATABASE_UNAVAILABLE' ? EXIT.unavailable : EXIT.failed;
}
