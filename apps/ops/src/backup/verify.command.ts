import { CommandError } from '../command.error.ts';
import { EXIT } from '../exit-codes.ts';
import { runCommand, runWithSignal } from '../run-command.ts';
import { formatBytes, formatCount } from '../terminal/format.ts';
import type { Progress } from '../terminal/progress.ts';
import { drill } from './drill.ts';
import { writeProof, type Proof } from './proof.ts';
import { verifyBackup, type VerifyReport } from './verify-backup.ts';

export interface VerifyCommandOptions {
  /** Folder of the backup. */
  path: string;
  /** Whether it is restored as well. */
  isDrill: boolean;
  isJson: boolean;
}

type Outcome = VerifyReport & { kind: Proof['kind']; isRecorded: boolean };

/** `ops backup verify` */
export async function verify({ path, isDrill, isJson }: VerifyCommandOptions): Promise<void> {
  if (!isDrill) {
    await runWithSignal(isJson, async ({ signal, progress }) => {
      const report = await verifyBackup({ folder: path, signal, progress });
      return conclude({ path, isJson, progress, report, kind: 'read' });
    });
    return;
  }
  // A large index takes longer to build than any time limit of a service.
  await runCommand({ isJson, database: { socketTimeoutMs: 0 } }, async ({ connection, signal, progress }) => {
    const report = await verifyBackup({ folder: path, signal, progress });
    if (report.problems.length > 0) return conclude({ path, isJson, progress, report, kind: 'read' });
    const { client } = connection;
    report.problems.push(...(await drill({ client, folder: path, signal, progress })));
    return conclude({ path, isJson, progress, report, kind: 'drill' });
  });
}

async function conclude({
  path,
  isJson,
  progress,
  report,
  kind,
}: {
  path: string;
  isJson: boolean;
  progress: Progress;
  report: VerifyReport;
  kind: Proof['kind'];
}): Promise<number> {
  const isGood = report.problems.length === 0;
  const isRecorded = await record(path, { at: new Date().toISOString(), kind, isGood });
  if (!isRecorded) progress.note('The result cannot be kept: this folder cannot be written to');
  progress.stop();
  process.stdout.write(
    isJson ? `${JSON.stringify(toEvent({ ...report, kind, isRecorded }))}\n` : format(report, kind),
  );
  if (isGood) return EXIT.done;
  process.stderr.write('Next step: use another backup, and find out what the disk has done to this one\n');
  return EXIT.failed;
}

/** @returns Whether it could be written: backups may lie on a disk that is read only */
async function record(path: string, proof: Proof): Promise<boolean> {
  try {
    await writeProof(path, proof);
    return true;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code } = error as { code?: unknown };
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return false;
    throw error;
  }
}

function toEvent({ manifest, files, storedBytes, documents, problems, kind, isRecorded }: Outcome): object {
  const { database, startedAt } = manifest;
  const isGood = problems.length === 0;
  return {
    event: 'result',
    isGood,
    kind,
    database,
    startedAt,
    files,
    storedBytes,
    documents,
    problems,
    isRecorded,
  };
}

function format(
  { files, storedBytes, documents, problems, manifest }: VerifyReport,
  kind: Proof['kind'],
): string {
  if (problems.length > 0) return problems.map((problem) => `Damaged: ${problem}\n`).join('');
  const read = `${formatCount(files)} files, ${formatBytes(storedBytes)}, ${formatCount(documents)} documents`;
  const how =
    kind === 'drill' ? 'read back, restored into a scratch database and compared' : 'every byte read back';
  return `Good: ${read} of ${manifest.database} as of ${manifest.startedAt}: ${how}\n`;
}
