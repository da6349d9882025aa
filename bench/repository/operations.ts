import type { DatabaseConnection } from '#database';
import type { mongo } from 'mongoose';
import { fill, itemAt } from './contact-set.ts';
import { emailOf, makeContact, organizationOf, PER_ORGANIZATION, type NewContact } from './contact.ts';
import type { Contestant } from './contestant.ts';

/** What is there to be worked on. */
export interface Scene {
  connection: DatabaseConnection;
  /** Of the contacts that every contestant reads, by their number. */
  ids: mongo.ObjectId[];
}

/** One operation of one contestant, ready to be called. */
export interface Attempt {
  call: (turn: number) => Promise<number>;
  /** Calls that there is work for. */
  atMost: number;
  /** @returns Number of documents that were written, as the server tells */
  written?: () => Promise<number>;
}

export interface Operation {
  name: string;
  /** Of one call. */
  documents: number;
  /** Least ratio to the raw driver, by number of callers. */
  goals: Record<number, number>;
  /** @returns `undefined` where the contestant has no such operation */
  prepare: (contestant: Contestant, scene: Scene) => Promise<Attempt | undefined>;
}

/** Documents that are there to be written, updated or deleted: about as many as a run gets through. */
const WRITABLE = 5_000;
const STREAMED = 10_000;
const SINGLE = { 1: 0.95, 16: 0.95 };

export const OPERATIONS: Operation[] = [
  {
    name: 'findById',
    documents: 1,
    // Reads by id of one turn are joined.
    goals: { 1: 0.95, 16: 3 },
    prepare: async ({ reads }, { ids }) => ({
      atMost: Infinity,
      call: async (turn) => {
        const index = scattered(turn, ids.length);
        const found = await reads.findById(itemAt(ids, index));
        return found?.email === emailOf(index) ? 1 : 0;
      },
    }),
  },
  {
    name: 'find 100',
    documents: PER_ORGANIZATION,
    goals: SINGLE,
    prepare: async ({ reads }, { ids }) => ({
      atMost: Infinity,
      call: async (turn) => reads.find(organizationAt(turn, ids.length), PER_ORGANIZATION),
    }),
  },
  {
    name: 'stream 10,000',
    documents: STREAMED,
    goals: { 1: 0.95 },
    prepare: async ({ reads }) => ({ atMost: Infinity, call: async () => reads.stream(STREAMED) }),
  },
  {
    name: 'count',
    documents: PER_ORGANIZATION,
    goals: SINGLE,
    prepare: async ({ reads }, { ids }) => ({
      atMost: Infinity,
      call: async (turn) => reads.count(organizationAt(turn, ids.length)),
    }),
  },
  {
    name: 'insert',
    documents: 1,
    goals: SINGLE,
    prepare: async ({ writes, writesTo }, { connection }) => {
      const { insert } = writes;
      if (insert === undefined) return undefined;
      await fill(connection, writesTo, 0);
      const contacts = contactsUpTo(WRITABLE);
      return {
        atMost: WRITABLE,
        call: async (turn) => {
          await insert(itemAt(contacts, turn));
          return 1;
        },
        written: async () => connection.db.collection(writesTo).countDocuments(),
      };
    },
  },
  insertMany(1_000),
  insertMany(10_000),
  {
    name: 'updateById',
    documents: 1,
    goals: SINGLE,
    prepare: async ({ writes, writesTo }, { connection }) => {
      const there = await fill(connection, writesTo, WRITABLE);
      return {
        atMost: WRITABLE,
        call: async (turn) =>
          writes.updateById(itemAt(there, turn), { name: `Person ${turn}`, status: 'replied' }),
        written: async () =>
          connection.db
            .collection(writesTo)
            .countDocuments({ visits: 1, status: 'replied', $expr: { $gt: ['$updatedAt', '$createdAt'] } }),
      };
    },
  },
  {
    name: 'deleteById',
    documents: 1,
    goals: SINGLE,
    prepare: async ({ writes, writesTo }, { connection }) => {
      const there = await fill(connection, writesTo, WRITABLE);
      return {
        atMost: WRITABLE,
        call: async (turn) => writes.deleteById(itemAt(there, turn)),
        written: async () => WRITABLE - (await connection.db.collection(writesTo).countDocuments()),
      };
    },
  },
];

function insertMany(documents: number): Operation {
  return {
    name: `insertMany ${documents.toLocaleString('en')}`,
    documents,
    goals: { 1: 0.85 },
    prepare: async ({ writes, writesTo }, { connection }) => {
      const many = writes.insertMany;
      if (many === undefined) return undefined;
      await fill(connection, writesTo, 0);
      const contacts = contactsUpTo(documents);
      return {
        atMost: Infinity,
        call: async () => {
          await many(contacts);
          return documents;
        },
        written: async () => connection.db.collection(writesTo).countDocuments(),
      };
    },
  };
}

/** Neighbours would be found in the page that the last one was found in. */
function scattered(turn: number, size: number): number {
  return (turn * 7_919) % size;
}

function organizationAt(turn: number, size: number): string {
  return organizationOf(scattered(turn, size / PER_ORGANIZATION));
}

function contactsUpTo(size: number): NewContact[] {
  return Array.from({ length: size }, (_, index) => makeContact(index));
}
