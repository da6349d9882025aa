import { mongo } from 'mongoose';

const { BSON } = mongo;

/** A text for any value, the same for what the server holds to be the same: `5n` and `5` are, `'5'` is not. */
export function keyOf(value: unknown): string {
  if (value instanceof mongo.ObjectId) return value.toHexString();
  if (typeof value === 'string') return JSON.stringify(value);
  // As it is read back, so that a type that does not survive that is compared by the one that does.
  return BSON.EJSON.stringify(BSON.deserialize(BSON.serialize({ value })), { relaxed: false });
}
