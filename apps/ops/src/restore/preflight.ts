import type { mongo } from 'mongoose';
import type { ServerFacts } from '../backup/server-facts.ts';
import { printable } from '../terminal/table.ts';
import type { Dump } from './dump.ts';
import { RestoreError } from './restore.error.ts';
import type { Target } from './target.ts';

/** Names in a message: more say nothing. */
const MAX_NAMES = 5;

/**
 * Refuses a dump from a server with features that this one may not have.
 *
 * @throws {@link RestoreError} `DUMP_TOO_NEW`
 */
export function refuseNewerDump(server: ServerFacts, dump: Dump): void {
  const target = server.featureCompatibilityVersion ?? server.version;
  const source = dump.featureCompatibilityVersion ?? dump.serverVersion;
  if (source === undefined || !isNewer(source, target)) return;
  throw new RestoreError(
    'DUMP_TOO_NEW',
    `The dump is of MongoDB ${release(source)}, this server works as ${release(target)}`,
    {
      nextStep:
        'restore into a server of that version, or raise its featureCompatibilityVersion after an upgrade',
    },
  );
}

/**
 * Refuses a name that differs from that of a database by the case of its letters alone: the server would, with the first write.
 *
 * @throws {@link RestoreError} `TARGET_INVALID`
 */
export async function refuseOtherCase(client: mongo.MongoClient, database: string): Promise<void> {
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
  const other = databases.find(({ name }) => name !== database && lowered(name) === lowered(database));
  if (!other) return;
  throw new RestoreError(
    'TARGET_INVALID',
    `There is a database ${other.name}, and MongoDB takes no ${database} beside it`,
    { nextStep: `restore into another one with --to NAME, or into that one with --to ${other.name}` },
  );
}

/**
 * Refuses a target with data in it, unless that may go, or is the beginning of this same restore.
 *
 * @throws {@link RestoreError} `TARGET_NOT_EMPTY`
 */
export function refuseOccupiedTarget(
  database: string,
  { collections, marker }: Target,
  { shouldDrop, fingerprint }: { shouldDrop: boolean; fingerprint: string | undefined },
): void {
  if (collections.length === 0 || shouldDrop) return;
  if (marker?.isEmptied && (fingerprint === undefined || marker.fingerprint === fingerprint)) return;
  const names = collections.map(({ name }) => name);
  const shown = names.slice(0, MAX_NAMES).map(printable).join(', ');
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const what = marker?.isEmptied ? 'holds an unfinished restore of another dump' : 'is not empty';
  throw new RestoreError('TARGET_NOT_EMPTY', `The database ${database} ${what}: ${shown}${more}`, {
    nextStep: 'restore beside it with --to NAME, or replace it with --drop, which saves it first',
  });
}

/** Whether this restore goes on where another one of the same dump ended. One that has done everything is begun anew by `--drop`. */
export function isContinuation({ marker }: Target, fingerprint: string, shouldDrop: boolean): boolean {
  if (!marker?.isEmptied || marker.fingerprint !== fingerprint) return false;
  return !(marker.hasEnded && shouldDrop);
}

/** As the server does it: the letters of ASCII. */
function lowered(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isNewer(source: string, target: string): boolean {
  const [left, right] = [source, target].map((version) => version.split('.').map(Number));
  const [major = 0, minor = 0] = left ?? [];
  const [targetMajor = 0, targetMinor = 0] = right ?? [];
  return major > targetMajor || (major === targetMajor && minor > targetMinor);
}

function release(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
