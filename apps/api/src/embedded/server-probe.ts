import { realpath } from 'node:fs/promises';
import { isListening, withAdmin } from './mongod-admin.ts';

/** What is found on the port of the embedded server. */
export type Found =
  | { kind: 'nothing' }
  /** It accepts connections and does not answer as MongoDB. */
  | { kind: 'unknown' }
  /** A MongoDB that somebody else looks after. */
  | { kind: 'foreign' }
  | FoundEmbedded;

/** The server of our data folder, started by the application with process id `ownerPid`. */
export interface FoundEmbedded {
  kind: 'embedded';
  pid: number;
  ownerPid: number;
  version: string;
}

/** A busy machine may stand still for seconds. */
const ANSWER_TIMEOUT_MS = 8_000;
const NAME_PREFIX = 'mongod-of-';

/**
 * Name that the embedded `mongod` runs under. It says whose it is, from its first moment and for as long as it runs,
 * which a file beside the data could not; and it shows in the process list.
 */
export function processNameOf(ownerPid: number): string {
  return `${NAME_PREFIX}${ownerPid}`;
}

/** Finds out who listens on 127.0.0.1. */
export async function probe(port: number, dataDir: string): Promise<Found> {
  if (!(await isListening(port))) return { kind: 'nothing' };
  try {
    return await withAdmin(
      port,
      async (admin) => {
        await admin.command({ hello: 1 });
        const options = await admin.command({ getCmdLineOpts: 1 }).catch(() => null);
        // It asks for credentials or is another make: certainly not ours.
        if (options === null) return { kind: 'foreign' };
        const ownerPid = Number(new RegExp(`^${NAME_PREFIX}(\\d+)$`).exec(options.argv[0])?.[1]);
        const isOurs =
          Number.isInteger(ownerPid) && (await isSameFolder(options.parsed.storage?.dbPath, dataDir));
        if (!isOurs) return { kind: 'foreign' };
        const { pid, version } = await admin.command({ serverStatus: 1 });
        // The same path in a container is another folder, and its process has no id here.
        return isAlive(Number(pid))
          ? { kind: 'embedded', pid: Number(pid), ownerPid, version }
          : { kind: 'foreign' };
      },
      { timeoutMs: ANSWER_TIMEOUT_MS },
    );
  } catch {
    // It may have ended in between.
    return (await isListening(port)) ? { kind: 'unknown' } : { kind: 'nothing' };
  }
}

/** Whether a process of this id exists, also one that belongs to another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function isSameFolder(one: unknown, other: string): Promise<boolean> {
  if (typeof one !== 'string') return false;
  const paths = await Promise.all([one, other].map((path) => realpath(path).catch(() => null)));
  return paths[0] !== null && paths[0] === paths[1];
}
