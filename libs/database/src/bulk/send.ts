import { mongo } from 'mongoose';
import {
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  DocumentInvalidError,
} from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { withinLimits } from '../repository/within-limits.ts';
import { isRefusal, type BulkRun } from './bulk-run.ts';
import type { Command, SentItem } from './command.ts';
import type { Parcel, SingleItem } from './packer.ts';

/** Sends a parcel and enters into the run what came of it. */
export async function send(run: BulkRun, parcel: Parcel): Promise<void> {
  if ('execute' in parcel) return sendCommand(run, parcel);
  if ('error' in parcel) return run.fail(parcel.index, parcel.error);
  return sendSingle(run, parcel);
}

async function sendSingle(run: BulkRun, item: SingleItem): Promise<void> {
  try {
    const { signal } = run.driverOptions;
    const { id, ...result } = await (signal ? withinLimits(item.run, { signal }) : item.run());
    run.count(result);
    if (result.inserted) run.noteInserted(item.index, id);
    if (result.upserted) run.noteUpserted(item.index, id);
  } catch (error) {
    const named = toDatabaseError(error);
    if (isRefusal(named)) run.refuse(item.index, named);
    else run.interrupt([item], named);
  }
}

async function sendCommand(run: BulkRun, command: Command): Promise<void> {
  try {
    const result = await command.execute();
    confirm(run, result, command);
  } catch (error) {
    const result = error instanceof mongo.MongoBulkWriteError ? error.result : undefined;
    const writeErrors = result?.getWriteErrors() ?? [];
    if (result && result.getWriteConcernError() !== undefined) {
      const { done, refused } = divide(run, command.items(), writeErrors);
      run.interrupt(done, toDatabaseError(error));
      refuseAll(run, refused);
    } else if (result && writeErrors.length > 0) {
      const { done, refused } = divide(run, command.items(), writeErrors);
      confirm(run, result, command, done);
      refuseAll(run, refused);
    } else await failCommand(run, command, toDatabaseError(error));
  }
}

/** The command as a whole came to nothing. */
async function failCommand(run: BulkRun, command: Command, error: unknown): Promise<void> {
  // One document that is nested too deeply makes the server refuse the command, before it looks at any of them.
  if (!(error instanceof DocumentInvalidError)) return run.interrupt(command.items(), error);
  const [first, second] = command.items();
  if (first && !second) return run.refuse(first.index, error);
  for (const half of command.halves()) if (!run.hasStopped) await sendCommand(run, half);
}

interface Refused {
  item: SentItem;
  writeError: mongo.WriteError;
}

/** Which items the server has carried out, and which it refused. */
function divide(
  run: BulkRun,
  items: readonly SentItem[],
  writeErrors: readonly mongo.WriteError[],
): { done: SentItem[]; refused: Refused[] } {
  const byPosition = new Map(writeErrors.map((writeError) => [writeError.index, writeError]));
  const [firstPosition = items.length] = byPosition.keys();
  const reached = run.isOrdered ? items.slice(0, firstPosition) : items;
  const done = reached.filter((_, position) => !byPosition.has(position));
  const refused = items.flatMap((item, position) => {
    const writeError = byPosition.get(position);
    return writeError ? [{ item, writeError }] : [];
  });
  return { done, refused };
}

/** @param done - Those that were not refused; all of them without it */
function confirm(
  run: BulkRun,
  result: mongo.BulkWriteResult,
  command: Command,
  done?: readonly SentItem[],
): void {
  const { group } = command;
  // A soft deletion is an update.
  if (group === 'softDeleteOne' || group === 'softDeleteMany')
    return run.count({ deleted: result.matchedCount });
  run.count({
    inserted: result.insertedCount,
    matched: result.matchedCount,
    modified: result.modifiedCount,
    deleted: result.deletedCount,
    upserted: result.upsertedCount,
  });
  if (group === 'insert' && run.keepsIds)
    for (const { index, id } of done ?? command.items()) run.noteInserted(index, id);
  const upserted = Object.entries(result.upsertedIds);
  const items = upserted.length > 0 ? command.items() : [];
  for (const [position, id] of upserted) {
    const item = items[Number(position)];
    if (item) run.noteUpserted(item.index, id);
  }
}

function refuseAll(run: BulkRun, refused: readonly Refused[]): void {
  for (const { item, writeError } of refused) {
    const { code, errmsg, errInfo } = writeError;
    const message = errmsg ?? '';
    const error = new mongo.MongoServerError({ message, errmsg: message, code, ...(errInfo && { errInfo }) });
    const named = toDatabaseError(error) as Error;
    // So a router tells of a shard that it cannot reach.
    const isAway = named instanceof DatabaseUnavailableError || named instanceof DatabaseTimeoutError;
    if (isAway) run.interrupt([item], named);
    else run.refuse(item.index, named);
  }
}
