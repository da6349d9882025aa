import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mongo } from 'mongoose';
import { fillMixed, fillSmall, type DataSet } from './support/data-sets.ts';
import { compare, type Variant } from './support/paired.ts';
import { ProcessorTimes } from './support/processor-times.ts';
import { findOnPath, judgeMemory, timed } from './support/timed-process.ts';

const OPS = resolve(import.meta.dirname, '../dist/apps/ops/main.js');
const MEMORY_LIMIT_MB = 200;

/**
 * Backups next to `mongodump`, plain and with gzip, of a million small documents and of 500 MB of mixed ones. Ours are read back, hashed
 * and brought to the disk as well. Needs `mongodump` on the PATH.
 */
export async function benchBackup(mongodbUri: string, rounds = 5): Promise<void> {
  const mongodump = findOnPath('mongodump');
  if (mongodump === undefined) throw new Error('mongodump is not on the PATH');
  const client = await mongo.MongoClient.connect(mongodbUri);
  const folder = await mkdtemp(join(tmpdir(), 'bench-backup-'));
  try {
    const sets = [await fillSmall(client.db('small')), await fillMixed(client.db('mixed'))];
    for (const set of sets) {
      const uri = mongodbUri.replace(/\/bench\b/, `/${set.name}`);
      let largest = 0;
      const times = await ProcessorTimes.of(client);
      const ours = (name: string, args: string[]): Variant => ({
        name,
        run: async () => {
          const command = [OPS, 'backup', 'create', '--json', '--out', folder, ...args];
          const { ms, output, peakMb } = await times.measure(name, () =>
            timed(process.execPath, command, uri),
          );
          largest = Math.max(largest, peakMb);
          const result = JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as {
            documents?: number;
            path?: string;
          };
          expectDocuments(name, result.documents, set);
          await rm(result.path ?? '', { recursive: true });
          return ms;
        },
      });
      const theirs = (name: string, args: string[]): Variant => ({
        name,
        run: async () => {
          const command = ['--uri', uri, '--out', join(folder, 'theirs'), ...args];
          const { ms, output } = await times.measure(name, () => timed(mongodump, command, uri));
          const counts = [...output.matchAll(/\((\d+) documents?\)/g)].map(([, count]) => Number(count));
          expectDocuments(
            name,
            counts.reduce((sum, count) => sum + count, 0),
            set,
          );
          await rm(join(folder, 'theirs'), { recursive: true });
          return ms;
        },
      });
      await compare({
        title: `backup of ${set.name}`,
        unit: 'ms',
        better: 'lower',
        variants: [
          theirs('mongodump', []),
          theirs('mongodump --gzip', ['--gzip']),
          ours('ops', []),
          ours('ops --gzip', ['--gzip']),
          ours('ops --zstd', ['--zstd']),
        ],
        goals: [
          { name: 'ops', over: 'mongodump', atLeast: 1.2 },
          { name: 'ops --gzip', over: 'mongodump --gzip', atLeast: 2 },
        ],
        rounds,
      });
      times.print(`backup of ${set.name}`);
      judgeMemory(largest, MEMORY_LIMIT_MB);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await client.close();
  }
}

function expectDocuments(name: string, found: number | undefined, { documents }: DataSet): void {
  if (found !== documents) throw new Error(`${name} has dumped ${found} documents instead of ${documents}`);
}
