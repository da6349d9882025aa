import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mongo } from 'mongoose';

const GENERATOR = join(import.meta.dirname, 'contacts-generator.ts');
export const CONNECTIONS = 50;

/** Reads contacts over {@link CONNECTIONS} connections from another process, until one of the two is reached. */
export async function readContacts(
  url: string,
  ids: readonly string[],
  until: { seconds: number } | { requests: number },
): Promise<{ answers: number; seconds: number }> {
  const args = [GENERATOR, '--url', url, '--connections', String(CONNECTIONS)];
  for (const [name, value] of Object.entries(until)) args.push(`--${name}`, String(value));
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...ids]);
  return JSON.parse(stdout) as { answers: number; seconds: number };
}

/**
 * Puts that many contacts in the place of all others.
 *
 * @returns Their ids
 */
export async function fillContacts(mongodbUri: string, size: number): Promise<string[]> {
  return withDatabase(mongodbUri, async (db) => {
    const contacts = db.collection('contacts');
    await contacts.deleteMany({});
    const at = new Date('2026-11-05T09:30:00.000Z');
    const documents = Array.from({ length: size }, (_, number) => ({
      _id: new mongo.ObjectId(),
      ...makeContact(number),
      lastContactedAt: at,
      createdAt: at,
      updatedAt: at,
      version: number,
    }));
    await contacts.insertMany(documents);
    return documents.map(({ _id }) => _id.toHexString());
  });
}

/** The same contact for the same number: what a client would send, about 200 bytes of JSON. */
export function makeContact(number: number) {
  return {
    email: `person.${number}@example.org`,
    name: `Person ${number} of the list`,
    organization: `Organization ${Math.floor(number / 100)}`,
    tags: ['newsletter', `wave-${number % 10}`, 'europe'],
    status: 'contacted',
    notes: 'Met at the fair; asked for prices.',
  };
}

/** With a client of the driver alone. */
export async function withDatabase<R>(mongodbUri: string, use: (db: mongo.Db) => Promise<R>): Promise<R> {
  const client = new mongo.MongoClient(mongodbUri);
  try {
    return await use(client.db());
  } finally {
    await client.close();
  }
}

const RESIDENT = /^process_resident_memory_bytes(?:\{[^}]*\})? ([\d.e+]+)$/m;

/** Resident memory of a service, in bytes, as it says itself. */
export async function residentBytesOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const bytes = Number(RESIDENT.exec(text)?.[1]);
  if (!Number.isFinite(bytes)) throw new Error(`${url} does not say how much memory it has`);
  return bytes;
}
