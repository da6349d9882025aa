import { loadConfiguration, type DatabaseConfig } from '#config';
import {
  DatabaseConnection,
  DatabaseUnavailableError,
  NotPermittedError,
  type UnavailableReason,
} from '#database';
import { EXIT } from '../exit-codes.ts';
import { runWithSignal, untilAborted } from '../run-command.ts';

/** Together with the start of the process these stay under five seconds. */
const SELECTION_TIMEOUT_MS = 3_000;
const CHECK_TIMEOUT_MS = 1_000;

const START_SERVER =
  'start MongoDB ("npm start" brings one in development, "docker compose up -d mongodb" with containers), or point MONGODB_URI to where it runs';
const NEXT_STEPS: Partial<Record<UnavailableReason, string>> = {
  refused: START_SERVER,
  unreachable: 'check the address in MONGODB_URI or MONGODB_HOST, the network and the firewall',
  'unknown-host':
    'check the host name in MONGODB_URI or MONGODB_HOST; the name "mongodb" exists only inside the containers\' network',
  'no-answer':
    'see whether the server is overloaded, stopped or behind a firewall that drops packets: its log and "docker compose ps" tell',
  authentication:
    'check MONGODB_USERNAME and MONGODB_PASSWORD, or their secret files, and authSource=admin in MONGODB_URI',
  tls: 'check tls=true, tlsCAFile and the host name in the certificate',
  'no-primary': 'wait for the election; if it lasts, see which members are down with rs.status()',
};

interface Result {
  connected: boolean;
  message: string;
  reason?: string;
  nextStep?: string;
  database?: string;
  latencyMs?: number;
}

/** Says whether the configured database can be used, and sets the exit code. */
export async function testConnection({ isJson }: { isJson: boolean }): Promise<void> {
  await runWithSignal(isJson, async ({ signal }) => {
    const result = await check(loadConfiguration().database, signal);
    process.stdout.write(isJson ? `${JSON.stringify(result)}\n` : format(result));
    return result.connected ? EXIT.done : EXIT.unavailable;
  });
}

async function check(config: DatabaseConfig, signal: AbortSignal): Promise<Result> {
  const serverSelectionTimeoutMs = Math.min(config.serverSelectionTimeoutMs, SELECTION_TIMEOUT_MS);
  const connection = new DatabaseConnection({ ...config, serverSelectionTimeoutMs });
  try {
    await untilAborted(connection.connect(), signal);
    const startedAt = performance.now();
    await connection.check(AbortSignal.timeout(CHECK_TIMEOUT_MS));
    const latencyMs = Math.round((performance.now() - startedAt) * 100) / 100;
    return {
      connected: true,
      message: 'MongoDB connection successful',
      database: config.database,
      latencyMs,
    };
  } catch (error) {
    return describeFailure(error);
  } finally {
    await connection.close();
  }
}

function describeFailure(error: unknown): Result {
  if (error instanceof NotPermittedError) {
    const nextStep =
      'give the user the role readWrite on the database, or set MONGODB_USERNAME and MONGODB_PASSWORD';
    return {
      connected: false,
      message: `MongoDB connection failed: ${error.sentence}`,
      reason: 'not-permitted',
      nextStep,
    };
  }
  if (!(error instanceof DatabaseUnavailableError)) throw error;
  const message = `MongoDB connection failed: ${error.sentence}`;
  return {
    connected: false,
    message,
    reason: error.reason,
    nextStep: NEXT_STEPS[error.reason] ?? START_SERVER,
  };
}

function format({ message, nextStep }: Result): string {
  return nextStep === undefined ? `${message}\n` : `${message}\nNext step: ${nextStep}\n`;
}
