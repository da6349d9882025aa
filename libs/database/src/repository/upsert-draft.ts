import { Error as MongooseErrors, type Model, type mongo } from 'mongoose';
import { timestampsOf } from '../schema/path-schema.ts';
import { entriesOf } from '../schema/update-entries.ts';
import { equalitiesOf } from '../schema/update-insert.ts';
import type { UpdateRequest } from './document-writes.ts';

/** Operators with values as they would be in a new document. */
const GIVING = ['$set', '$setOnInsert', '$min', '$max'];
/** What stands for the result of others that make a field; it is not validated, but the parts around it are. */
const STANDING_IN: Partial<Record<string, () => unknown>> = {
  $inc: () => 0,
  $mul: () => 0,
  $currentDate: () => new Date(),
  $push: () => [],
  $addToSet: () => [],
};

/**
 * Validates the document that an upsert would insert, which Mongoose does not: what the filter asks to be equal, what the update sets and
 * the defaults. Fields that other operators write are not validated. No middleware runs.
 *
 * @throws {mongoose.Error.ValidationError} With every field that is refused
 */
export async function validateInsert(
  model: Model<unknown>,
  { query, update }: Pick<UpdateRequest, 'query' | 'update'>,
): Promise<void> {
  const entries = entriesOf(update);
  const draft = new model({
    ...timesOf(model),
    ...Object.fromEntries(equalitiesOf(model.schema, query).map(({ path, value }) => [path, value])),
    ...Object.fromEntries(entries.flatMap(valueOnInsert)),
  });
  const added = entries.flatMap(([operator, path]) => (GIVING.includes(operator) ? [] : [path]));
  try {
    await draft.validate({ middleware: false } as object);
  } catch (error) {
    if (!(error instanceof MongooseErrors.ValidationError)) throw error;
    for (const path of Object.keys(error.errors))
      if (added.some((one) => isWithin(one, path) || isWithin(path, one))) delete error.errors[path];
    if (Object.keys(error.errors).length > 0) throw error;
  }
}

function valueOnInsert([operator, path, value]: [string, string, unknown]): [string, unknown][] {
  if (GIVING.includes(operator)) return [[path, value]];
  const standIn = STANDING_IN[operator];
  return standIn === undefined ? [] : [[path, standIn()]];
}

/** A schema may ask for its times, which Mongoose sets when it sends the update. */
function timesOf({ schema }: Model<unknown>): mongo.Document {
  const { createdAt, updatedAt } = timestampsOf(schema);
  const names = [createdAt, updatedAt].filter((name) => typeof name === 'string');
  return Object.fromEntries(names.map((name) => [name, new Date()]));
}

function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`);
}
