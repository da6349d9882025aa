import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { mongo } from 'mongoose';
import { compare, type Variant } from './support/paired.ts';

const OPS = resolve(import.meta.dirname, '../dist/apps/ops/main.js');
const SMALL_DOCUMENTS = 1_000_000;
const MIXED_BYTES = 500_000_000;
const MEMORY_LIMIT_MB = 200;
const WORKERS = [1, 2, 4, 8];
const POLL_MS = 20;

interface DataSet {
  name: string;
  documents: number;
}

interface Run {
  ms: number;
  /** Zero where the system does not tell it. */
  peakMb: number;
}

/**
 * Restores next to `mongorestore` with the number of workers that is best for it, of a million small documents and of 500 MB of mixed
 * ones, from the same dump by `mongodump`. Ours checks the dump before and reads everything back. Needs both tools on the PATH.
 */
export async function benchRestore(mongodbUri: string, rounds = 5): Promise<void> {
  const [mongodump, mongorestore] = ['mongodump', 'mongorestore'].map(findOnPath);
  if (!mongodump || !mongorestore) throw new Error('mongodump and mongorestore are not on the PATH');
  const client = await mongo.MongoClient.connect(mongodbUri);
  const folder = await mkdtemp(join(tmpdir(), 'bench-restore-'));
  try {
    for (const set of [await fillSmall(client.db('small')), await fillMixed(client.db('mixed'))]) {
      await timed(mongodump, [`--uri=${uriOf(mongodbUri, set)}`, `--out=${folder}`], mongodbUri);
      await timed(
        process.execPath,
        [OPS, 'backup', 'create', '--out', folder, '--name', `own-${set.name}`],
        uriOf(mongodbUri, set),
      );
      await client.db(set.name).dropDatabase();
      await benchSet(client, { mongodbUri, mongorestore, folder, set, rounds });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await client.close();
  }
}

interface SetOptions {
  mongodbUri: string;
  mongorestore: string;
  folder: string;
  set: DataSet;
  rounds: number;
}

async function benchSet(
  client: mongo.MongoClient,
  { mongodbUri, mongorestore, folder, set, rounds }: SetOptions,
): Promise<void> {
  let largestMb = 0;
  const restoring = async (file: string, args: string[]): Promise<Run> => {
    await client.db('restored').dropDatabase();
    const run = await timed(file, args, mongodbUri);
    const found = await countDocuments(client.db('restored'));
    if (found !== set.documents) throw new Error(`${found} documents in place of ${set.documents}`);
    return run;
  };
  const ours = (name: string, path: string): Variant => ({
    name,
    run: async () => {
      const { ms, peakMb } = await restoring(process.execPath, [
        OPS,
        'restore',
        path,
        '--to',
        'restored',
        '--json',
      ]);
      largestMb = Math.max(largestMb, peakMb);
      return ms;
    },
  });
  const theirs = (workers: number): Variant => ({
    name: `mongorestore, ${workers} workers`,
    run: async () => {
      const names = [`--nsInclude=${set.name}.*`, `--nsFrom=${set.name}.*`, '--nsTo=restored.*'];
      const options = [
        `--uri=${mongodbUri.replace(/\/bench\b/, '/')}`,
        `--numInsertionWorkersPerCollection=${workers}`,
      ];
      return (await restoring(mongorestore, [...options, ...names, folder])).ms;
    },
  });
  const best = await fastest(WORKERS.map(theirs));
  const [own, dumped] = ['ops, own backup', 'ops, of mongodump'];
  await compare({
    title: `restore of ${set.name}`,
    unit: 'ms',
    better: 'lower',
    variants: [best, ours(own, join(folder, `own-${set.name}`)), ours(dumped, join(folder, set.name))],
    goals: [
      { name: own, over: best.name, atLeast: 2 },
      { name: dumped, over: best.name, atLeast: 2 },
    ],
    rounds,
  });
  const verdict = largestMb <= MEMORY_LIMIT_MB ? 'met' : 'NOT met';
  process.stdout.write(`${verdict}: most memory ${largestMb.toFixed(0)} MB, goal <= ${MEMORY_LIMIT_MB} MB\n`);
}

/** The one that took least in one run. */
async function fastest([first, ...others]: Variant[]): Promise<Variant> {
  if (!first) throw new RangeError('Nothing to choose from');
  let best = { variant: first, ms: await first.run() };
  for (const variant of others) {
    const ms = await variant.run();
    if (ms < best.ms) best = { variant, ms };
  }
  return best.variant;
}

async function countDocuments(db: mongo.Db): Promise<number> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const counts = await Promise.all(collections.map(({ name }) => db.collection(name).countDocuments()));
  return counts.reduce((sum, count) => sum + count, 0);
}

function uriOf(mongodbUri: string, { name }: DataSet): string {
  return mongodbUri.replace(/\/bench\b/, `/${name}`);
}

/** Runs it to its end, and watches its resident memory. */
async function timed(file: string, args: readonly string[], uri: string): Promise<Run> {
  const startedAt = performance.now();
  const env = { PATH: process.env.PATH, MONGODB_URI: uri };
  const child = spawn(file, [...args], { env, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  let peakMb = 0;
  const watch = setInterval(() => (peakMb = Math.max(peakMb, highWaterMb(child.pid))), POLL_MS);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [code, , stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  clearInterval(watch);
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${stderr}`);
  return { ms: performance.now() - startedAt, peakMb };
}

function highWaterMb(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (Number(kilobytes ?? 0) * 1_024) / 1e6;
  } catch {
    return 0;
  }
}

/** About 250 bytes each, with one index beside that on `_id`. */
async function fillSmall(db: mongo.Db): Promise<DataSet> {
  const size = 10_000;
  for (let start = 0; start < SMALL_DOCUMENTS; start += size) {
    const documents = Array.from({ length: size }, (_, index) => ({
      email: `person-${start + index}@example.org`,
      name: `Ada ${start + index}`,
      organization: 'Analytical Engines',
      tags: ['first', 'second', `tag-${index % 50}`],
      status: index % 3 === 0 ? 'new' : 'contacted',
      score: (start + index) / 7,
      createdAt: new Date(1_700_000_000_000 + start + index),
    }));
    await db.collection('small').insertMany(documents, { ordered: false });
  }
  await db.collection('small').createIndex({ email: 1 }, { unique: true });
  return { name: 'small', documents: SMALL_DOCUMENTS };
}

/** From 200 bytes to 300 kB, in three collections. */
async function fillMixed(db: mongo.Db): Promise<DataSet> {
  const sizes = [200, 2_000, 200, 20_000, 200, 2_000, 300_000, 200, 2_000, 200];
  let documents = 0;
  for (let bytes = 0; bytes < MIXED_BYTES;) {
    const batch = Array.from({ length: 100 }, (_, index) => {
      const length = sizes[index % sizes.length] ?? 0;
      return {
        kind: index % 10,
        text: `${documents + index} `.repeat(length).slice(0, length),
        at: new Date(),
      };
    });
    bytes += batch.reduce((sum, { text: { length } }) => sum + length, 0);
    documents += batch.length;
    await db.collection(`mixed-${documents % 3}`).insertMany(batch, { ordered: false });
  }
  return { name: 'mixed', documents };
}

function findOnPath(name: string): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
