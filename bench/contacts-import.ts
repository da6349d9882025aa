import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import type { mongo, Schema } from 'mongoose';
import { makeContact, residentBytesOf, withDatabase } from './contacts-reading.ts';
import { compare, formatSpread, saveReport, spreadOf } from './support/paired.ts';
import { ServerProcess } from './support/server-process.ts';

const SCHEMA = '../dist/apps/api/src/contacts/contact.schema.js';
const CONTACTS = 200_000;
const BATCH = 1_000;
const RAW = 'contacts_raw';
const BYTES_PER_MB = 1_000_000;
const GOAL_MB = 200;
const SAMPLE_MS = 50;
/** Looked at one by one after each run. */
const CHECKED = 200;

/** An import over HTTP beside `insertMany` of the same documents, which are in memory already; both with the same indexes. */
export async function benchContactsImport(mongodbUri: string, rounds = 5): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'contacts-'));
  const file = join(folder, 'contacts.ndjson');
  await writeFile(file, linesOf(CONTACTS));
  const options = { file: 'dist/apps/api/main.js', mongodbUri, path: '/health/startup' };
  const server = await ServerProcess.start(options);
  const memory = new MemoryWatch(server.url);
  try {
    await withDatabase(mongodbUri, async (db) => {
      const idleMb = (await residentBytesOf(server.url)) / BYTES_PER_MB;
      const throughApi = async () => memory.during(async () => importFile(server.url, file));
      const variants = [
        { name: 'insertMany', run: async () => perSecond(db, RAW, async () => insert(db)) },
        { name: 'insertMany again', run: async () => perSecond(db, RAW, async () => insert(db)) },
        { name: 'api', run: async () => perSecond(db, 'contacts', throughApi) },
      ];
      await compare({
        title: 'contacts-import',
        unit: 'contacts/s',
        better: 'higher',
        variants,
        goals: [],
        rounds,
      });
      const most = spreadOf(memory.peaksMb);
      const isMet = most.max < GOAL_MB;
      process.stdout.write(
        `${isMet ? 'met' : 'NOT met'}: resident ${formatSpread(most, 0)} MB at most (${idleMb.toFixed(0)} MB when idle), goal < ${GOAL_MB} each time\n`,
      );
      const goal = { name: 'api', belowMb: GOAL_MB, mostMb: most, idleMb, isMet };
      await saveReport('contacts-import-memory', { rounds, contacts: CONTACTS, goals: [goal] });
    });
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function linesOf(size: number): string {
  return Array.from({ length: size }, (_, number) => `${JSON.stringify(makeContact(number))}\n`).join('');
}

/** Empty, with the indexes that the built service declares; in production it does not build them itself. */
async function makeCollection(db: mongo.Db, name: string): Promise<mongo.Collection> {
  const { contactSchema } = (await import(SCHEMA)) as { contactSchema: Schema };
  await db.dropCollection(name);
  const collection = await db.createCollection(name);
  for (const [key, { unique = false }] of contactSchema.indexes())
    await collection.createIndex(key as mongo.IndexSpecification, unique === true ? { unique } : {});
  return collection;
}

/** With the safety that the service writes with. */
async function insert(db: mongo.Db): Promise<void> {
  const collection = db.collection(RAW);
  const at = new Date();
  for (let start = 0; start < CONTACTS; start += BATCH) {
    const documents = Array.from({ length: BATCH }, (_, offset) => ({
      ...makeContact(start + offset),
      createdAt: at,
      updatedAt: at,
      version: 0,
    }));
    const writeConcern = { w: 'majority', journal: true } as const;
    await collection.insertMany(documents, { ordered: false, writeConcern });
  }
}

async function importFile(url: string, file: string): Promise<void> {
  const answer = await fetch(`${url}/contacts/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>,
    // Asked for by fetch where the body is a stream.
    duplex: 'half',
  });
  const text = await answer.text();
  if (text !== `{"inserted":${CONTACTS},"failed":0,"errors":[]}`)
    throw new Error(`The import answered ${answer.status} ${text}`);
}

/**
 * Does it on a collection of its own.
 *
 * @throws {Error} When not all of the contacts are there, as they should be
 */
async function perSecond(db: mongo.Db, name: string, work: () => Promise<void>): Promise<number> {
  const collection = await makeCollection(db, name);
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  const count = await collection.countDocuments();
  if (count !== CONTACTS) throw new Error(`${name} has ${count} contacts`);
  for (let number = 0; number < CONTACTS; number += CONTACTS / CHECKED) {
    const expected = { ...makeContact(number), version: 0 };
    const projection = { _id: 0, createdAt: 0, updatedAt: 0 };
    const found = await collection.findOne({ email: expected.email }, { projection });
    if (!isDeepStrictEqual(found, expected))
      throw new Error(`${name} has ${JSON.stringify(found)} for ${JSON.stringify(expected)}`);
  }
  return CONTACTS / seconds;
}

/** The most memory that a service has in each of several works. */
class MemoryWatch {
  readonly peaksMb: number[] = [];
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async during(work: () => Promise<void>): Promise<void> {
    let peakBytes = 0;
    const sample = async () => (peakBytes = Math.max(peakBytes, await residentBytesOf(this.#url)));
    const stopped = new AbortController();
    const watching = (async () => {
      while (!stopped.signal.aborted) {
        await sample();
        await new Promise((done) => setTimeout(done, SAMPLE_MS));
      }
    })();
    try {
      await work();
    } finally {
      stopped.abort();
      await watching;
    }
    this.peaksMb.push(peakBytes / BYTES_PER_MB);
  }
}
