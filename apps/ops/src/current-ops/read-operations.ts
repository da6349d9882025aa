import { NotPermittedError, toDatabaseError } from '#database';
import { mongo } from 'mongoose';

/** What the server is working on. */
export interface Operation {
  /** What `--kill` takes: a number, on a sharded cluster `shard:number`. */
  id: string;
  /** Since it began; `null` for what is not timed. */
  seconds: number | null;
  /** `query`, `update`, `command`, … */
  kind: string;
  /** Database and collection. */
  namespace: string;
  /** Extended JSON, at most {@link COMMAND_LENGTH} characters; of what the server runs for itself the name of the thread. */
  command: string;
  /** `COLLSCAN`, `IXSCAN { … }` and the like. */
  plan: string;
  /** Name that the client has given itself. */
  application: string;
  isWaitingForLock: boolean;
  /** It was told to end, and has not done so yet. */
  isEnding: boolean;
  /** Whether a client asked for it; what the server runs for itself must not be ended. */
  isOfClient: boolean;
  /** The question of a driver, or of another member, that the server answers when its state changes. */
  isHeartbeat: boolean;
}

export interface OperationList {
  operations: Operation[];
  /** `own`: this user may see only what it runs itself. */
  seen: 'all' | 'own';
}

/** Characters of a command that are shown. */
export const COMMAND_LENGTH = 2_000;
/** Each connected program asks one of them all the time. */
const HEARTBEATS = ['hello', 'isMaster', 'ismaster'];
/** What a command carries beside what it does. */
const ENVELOPE = ['lsid', '$clusterTime', '$db', '$readPreference', 'txnNumber', 'apiVersion'];

/**
 * Lists what the server works on, the longest first, without this very question.
 *
 * @param minSeconds - How long it has run at least; 0 for all
 * @param isAll - Also what the server runs for itself, and the heartbeats of drivers
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/currentOp/
 */
export async function readOperations(
  client: mongo.MongoClient,
  { minSeconds = 0, isAll = false }: { minSeconds?: number; isAll?: boolean } = {},
): Promise<OperationList> {
  let seen: OperationList['seen'] = 'all';
  const found = await list(client, true).catch(async (error: unknown) => {
    if (!(toDatabaseError(error) instanceof NotPermittedError)) throw error;
    seen = 'own';
    return list(client, false);
  });
  const operations = found
    .filter((row) => !isThisQuestion(row))
    .map(toOperation)
    .filter(({ isOfClient, isHeartbeat }) => isAll || (isOfClient && !isHeartbeat))
    .filter(({ seconds }) => (seconds ?? 0) >= minSeconds)
    .sort((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  return { operations, seen };
}

/**
 * Tells the server to end an operation, which it does at the next point where it can.
 *
 * @throws {@link NotPermittedError} For an operation of another user without the role `hostManager`
 */
export async function killOp(client: mongo.MongoClient, id: string): Promise<void> {
  const op = /^\d+$/.test(id) ? Number(id) : id;
  try {
    await client.db('admin').command({ killOp: 1, op });
  } catch (error) {
    throw toDatabaseError(error);
  }
}

async function list(client: mongo.MongoClient, allUsers: boolean): Promise<mongo.Document[]> {
  const pipeline = [{ $currentOp: { allUsers, idleConnections: false, truncateOps: false } }];
  return client.db('admin').aggregate(pipeline, { comment: QUESTION }).toArray();
}

const QUESTION = 'ops current-ops';

function isThisQuestion({ command }: mongo.Document): boolean {
  const { comment, originatingCommand } = (command ?? {}) as mongo.Document;
  return comment === QUESTION || originatingCommand?.comment === QUESTION;
}

function toOperation(row: mongo.Document): Operation {
  const command = (row.command ?? {}) as mongo.Document;
  const micros =
    row.microsecs_running ?? (row.secs_running === undefined ? undefined : Number(row.secs_running) * 1e6);
  return {
    id: String(row.opid),
    seconds: micros === undefined ? null : Math.round(Number(micros) / 1_000) / 1_000,
    kind: String(row.op ?? 'none'),
    namespace: String(row.ns ?? ''),
    command: describeCommand(command) || String(row.desc ?? ''),
    plan: String(row.planSummary ?? ''),
    application: String(row.appName ?? ''),
    isWaitingForLock: row.waitingForLock === true,
    isEnding: row.killPending === true,
    isOfClient: row.client !== undefined || row.client_s !== undefined,
    isHeartbeat: HEARTBEATS.some((name) => name in command),
  };
}

function describeCommand(command: mongo.Document): string {
  const shown = Object.fromEntries(Object.entries(command).filter(([name]) => !ENVELOPE.includes(name)));
  if (Object.keys(shown).length === 0) return '';
  const text = mongo.BSON.EJSON.stringify(shown, { relaxed: true });
  return text.length > COMMAND_LENGTH ? `${text.slice(0, COMMAND_LENGTH - 1)}…` : text;
}
