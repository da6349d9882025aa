import type { DatabaseConnection } from '#database';
import type { mongo } from 'mongoose';
import type { Contact, NewContact } from './contact.ts';

/** What an update sets; it adds one visit as well. */
export type Change = Pick<Contact, 'name' | 'status'>;

/** One way to one collection. Numbers are of documents, so that a caller can tell that the work was done. */
export interface Access {
  findById: (id: mongo.ObjectId) => Promise<Pick<Contact, 'email'> | null>;
  find: (organization: string, limit: number) => Promise<number>;
  stream: (limit: number) => Promise<number>;
  count: (organization: string) => Promise<number>;
  updateById: (id: mongo.ObjectId, change: Change) => Promise<number>;
  deleteById: (id: mongo.ObjectId) => Promise<number>;
  /** Absent where this way has no form of its own. */
  insert?: (contact: NewContact) => Promise<unknown>;
  insertMany?: (contacts: NewContact[]) => Promise<unknown>;
}

/** Opens the same collection by one of the ways compared, all on one client. */
export type OpenAccess = (connection: DatabaseConnection, collection: string) => Access;

/** Documents of an iteration. */
export async function countOf(documents: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const document of documents) if (document !== null) count += 1;
  return count;
}
