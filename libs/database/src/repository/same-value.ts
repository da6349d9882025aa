import { mongo } from 'mongoose';

/** A text for any value of BSON; values of different types never share one. */
export function keyOf(value: unknown): string {
  return value instanceof mongo.ObjectId
    ? value.toHexString()
    : mongo.BSON.EJSON.stringify(value, { relaxed: false });
}
