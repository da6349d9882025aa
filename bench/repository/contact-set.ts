import type { DatabaseConnection } from '#database';
import { mongo } from 'mongoose';
import { makeContact, type Contact } from './contact.ts';

const BATCH = 5_000;
const AGE_MS = 60_000;

/**
 * Puts that many contacts into a new collection. This is no part of what is measured, and is not waited for to be on disk.
 *
 * @returns Their ids, by their number
 */
export async function fill(
  connection: DatabaseConnection,
  name: string,
  size: number,
): Promise<mongo.ObjectId[]> {
  await connection.db.dropCollection(name);
  const collection = await connection.db.createCollection<Contact>(name);
  const ids: mongo.ObjectId[] = [];
  for (let start = 0; start < size; start += BATCH) {
    const at = new Date(Date.now() - AGE_MS);
    const contacts = Array.from({ length: Math.min(BATCH, size - start) }, (_, offset) => {
      const _id = new mongo.ObjectId();
      ids.push(_id);
      return { _id, ...makeContact(start + offset), createdAt: at, updatedAt: at, __v: 0 };
    });
    await collection.insertMany(contacts, { writeConcern: { w: 1, j: false } });
  }
  return ids;
}

/** @throws {RangeError} When the list is not that long */
export function itemAt<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`There is no item ${index}`);
  return item;
}
