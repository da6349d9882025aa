import { becomePrimary, waitUntil, withAdmin } from './mongod-admin.ts';

/** A server on our data folder: one that this application started, or one that it found running. */
export interface EmbeddedServer {
  /** Whether this application started it. */
  readonly isOwn: boolean;
  readonly pid: number;
  readonly version: string;
  /** Resolves with the way it ended, in words, when it has. */
  readonly ended: Promise<string>;
  /** Stops it, unless it belongs to another application that is still alive. */
  release(): Promise<void>;
}

/** How long a clean shutdown may take before the process is killed. */
export const STOP_TIMEOUT_MS = 20_000;

const SET_NAME = 'embedded';
const STARTER_TIMEOUT_MS = 3_000;
const LEAD_TIMEOUT_MS = 60_000;

/** Arguments that make a `mongod` on this data folder the embedded one. */
export function argumentsFor(dataDir: string, port: number): string[] {
  return [
    `--dbpath=${dataDir}`,
    `--port=${port}`,
    '--bind_ip=127.0.0.1',
    '--nounixsocket',
    '--storageEngine=wiredTiger',
    '--wiredTigerCacheSizeGB=1',
    `--replSet=${SET_NAME}`,
    '--oplogSize=512',
    '--quiet',
    // Otherwise a primary waits up to 15 s for secondaries that do not exist.
    '--setParameter=shutdownTimeoutMillisForSignaledShutdown=100',
  ];
}

/**
 * Waits until the server takes writes, and makes it the primary of its set if nobody does. An attempt that fails is made again, since a
 * machine that stands still for seconds ends any of them.
 *
 * @param isOwn - Whether we started it; another application is first given time to do it
 * @param isGone - Whether there is no use in waiting any longer
 * @returns Process id of the server that takes writes now, or `null` when none does
 */
export async function lead(
  port: number,
  isOwn: boolean,
  isGone: () => Promise<boolean> | boolean,
): Promise<number | null> {
  let pid: number | null = null;
  await waitUntil(async () => {
    pid = await tryToLead(port, isOwn);
    return pid !== null || isGone();
  }, LEAD_TIMEOUT_MS);
  return pid;
}

async function tryToLead(port: number, isOwn: boolean): Promise<number | null> {
  try {
    return await withAdmin(port, async (admin) => {
      const isWritable = async (): Promise<boolean> =>
        (await admin.command({ hello: 1 })).isWritablePrimary === true;
      const isDone = !isOwn && (await waitUntil(isWritable, STARTER_TIMEOUT_MS));
      if (!isDone && !(await becomePrimary(admin, { setName: SET_NAME, port }))) return null;
      return Number((await admin.command({ serverStatus: 1 })).pid);
    });
  } catch {
    // It ended meanwhile, which whoever watches the process reports with its cause, or it was not answered in time.
    return null;
  }
}
