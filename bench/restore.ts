import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mongo } from 'mongoose';
import { fillMixed, fillSmall, type DataSet } from './support/data-sets.ts';
import { compare, type Variant } from './support/paired.ts';
import { ProcessorTimes } from './support/processor-times.ts';
import { findOnPath, judgeMemory, timed, type TimedRun } from './support/timed-process.ts';

const OPS = resolve(import.meta.dirname, '../dist/apps/ops/main.js');
const MEMORY_LIMIT_MB = 200;
const WORKERS = [1, 2, 4, 8];

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
  const times = await ProcessorTimes.of(client);
  const restoring = async (name: string, file: string, args: string[]): Promise<TimedRun> => {
    await client.db('restored').dropDatabase();
    const run = await times.measure(name, () => timed(file, args, mongodbUri));
    const found = await countDocuments(client.db('restored'));
    if (found !== set.documents) throw new Error(`${found} documents in place of ${set.documents}`);
    return run;
  };
  const ours = (name: string, path: string): Variant => ({
    name,
    run: async () => {
      const { ms, peakMb } = await restoring(name, process.execPath, [
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
  const theirs = (name: string, workers: number): Variant => ({
    name,
    run: async () => {
      const names = [`--nsInclude=${set.name}.*`, `--nsFrom=${set.name}.*`, '--nsTo=restored.*'];
      const options = [
        `--uri=${mongodbUri.replace(/\/bench\b/, '/')}`,
        `--numInsertionWorkersPerCollection=${workers}`,
      ];
      return (await restoring(name, mongorestore, [...options, ...names, folder])).ms;
    },
  });
  const best = await fastest(WORKERS.map((workers) => theirs(`mongorestore, ${workers} workers`, workers)));
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
  times.print(`restore of ${set.name}`);
  judgeMemory(largestMb, MEMORY_LIMIT_MB);
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
