import { ConfigurationError, loadConfiguration, type Configuration, type DatabaseConfig } from '#config';
import {
  DatabaseConnection,
  DatabaseError,
  DatabaseUnavailableError,
  NotPermittedError,
  toDatabaseError,
} from '#database';
import { Logger } from '@nestjs/common';
import { CommandError } from './command.error.ts';
import { EXIT } from './exit-codes.ts';
import { Interruption } from './interruption.ts';
import { openProgress, type Progress } from './terminal/progress.ts';

/** A command need not wait as long as a service. */
const SELECTION_TIMEOUT_MS = 3_000;

export interface CommandContext {
  /** Connected; closed when the work has ended. */
  connection: DatabaseConnection;
  config: Configuration;
  /** Aborted by a signal or a closed output: the work tidies up and throws, or returns its own exit code. */
  signal: AbortSignal;
  isJson: boolean;
  /** Writes results, as they are. */
  stdout: (text: string) => void;
  progress: Progress;
}

export interface RunOptions {
  isJson: boolean;
  /** In place of the configured ones, for instance `{ socketTimeoutMs: 0 }` for commands that the server works on for minutes. */
  database?: Partial<DatabaseConfig>;
}

/**
 * Runs a command that needs the database: connects, listens for Ctrl-C, and turns how it ends into one line and an exit code in
 * `process.exitCode`. A second Ctrl-C, from a second after the first, ends the process at once.
 *
 * @param work - Returns the exit code
 */
export async function runCommand(
  { isJson, database }: RunOptions,
  work: (context: CommandContext) => Promise<number>,
): Promise<void> {
  await runWithSignal(isJson, async ({ signal, progress }) => {
    const config = loadConfiguration();
    const serverSelectionTimeoutMs = Math.min(config.database.serverSelectionTimeoutMs, SELECTION_TIMEOUT_MS);
    const connection = new DatabaseConnection({ ...config.database, serverSelectionTimeoutMs, ...database });
    const stdout = (text: string): void => void process.stdout.write(text);
    try {
      await untilAborted(connection.connect(), signal);
      return await work({ connection, config, signal, isJson, stdout, progress });
    } finally {
      await connection.close();
    }
  });
}

/** As {@link runCommand}, for work that needs no database or connects by itself. */
export async function runWithSignal(
  isJson: boolean,
  work: (context: { signal: AbortSignal; progress: Progress }) => Promise<number>,
): Promise<void> {
  Logger.overrideLogger(false);
  const interruption = new Interruption();
  const progress = openProgress({ isJson });
  try {
    const exitCode = await work({ signal: interruption.signal, progress });
    const { reason } = interruption;
    process.exitCode = reason && exitCode === EXIT.interrupted ? reason.exitCode : exitCode;
  } catch (error) {
    progress.stop();
    process.exitCode = report(interruption.reason ? causedBy(interruption.reason, error) : error, isJson);
  } finally {
    progress.stop();
    interruption.stop();
  }
}

/** What an error says at the terminal, and the exit code. */
export interface FailureReport {
  exitCode: number;
  code: string;
  message: string;
  nextStep?: string;
}

/** Names what ended a command. Messages of what nobody foresaw are shown up to their first line break. */
export function describeFailure(error: unknown): FailureReport {
  if (error instanceof CommandError) {
    const { exitCode, code, message, nextStep } = error;
    return { exitCode, code, message, ...(nextStep !== undefined && { nextStep }) };
  }
  if (error instanceof ConfigurationError) {
    return { exitCode: EXIT.configuration, code: error.code, message: error.message };
  }
  const named = toDatabaseError(error);
  if (named instanceof DatabaseUnavailableError) {
    const message = `MongoDB cannot be used: ${named.sentence}`;
    return {
      exitCode: EXIT.unavailable,
      code: named.code,
      message,
      nextStep: 'run "ops doctor": it says what is wrong',
    };
  }
  if (named instanceof NotPermittedError) {
    const nextStep = 'give the user of MONGODB_USERNAME the role that this command needs';
    return { exitCode: EXIT.failed, code: named.code, message: named.message, nextStep };
  }
  if (named instanceof DatabaseError)
    return { exitCode: EXIT.failed, code: named.code, message: named.message };
  const [message = 'failed'] = (Error.isError(named) ? named.message : String(named)).split('\n');
  return { exitCode: EXIT.failed, code: 'FAILED', message };
}

function report(error: unknown, isJson: boolean): number {
  const { exitCode, ...failure } = describeFailure(error);
  if (isJson) process.stdout.write(`${JSON.stringify({ event: 'error', ...failure })}\n`);
  const next = failure.nextStep === undefined ? '' : `Next step: ${failure.nextStep}\n`;
  process.stderr.write(`${failure.message}\n${next}`);
  return exitCode;
}

/** The work may say what it left behind; what the driver says about its end is of no interest. */
function causedBy(reason: CommandError, error: unknown): CommandError {
  if (!(error instanceof CommandError)) return reason;
  const { code, message, nextStep } = error;
  const { exitCode } = reason;
  return new CommandError(code, message, {
    exitCode,
    cause: error,
    ...(nextStep !== undefined && { nextStep }),
  });
}

/** The result of work that knows no signal. @throws The reason of the signal, when it comes first */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Closing the connection ends it, and nobody waits for it any more.
    work.catch(() => undefined);
  }
}
