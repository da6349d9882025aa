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
const POLL_MS = 20;

interface DataSet {
  name: string;
  documents: number;
}

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
      const ours = (name: string, args: string[]): Variant => ({
        name,
        run: async () => {
          const { ms, output, peakMb } = await timed(
            process.execPath,
            [OPS, 'backup', 'create', '--json', '--out', folder, ...args],
            uri,
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
          const { ms, output } = await timed(
            mongodump,
            ['--uri', uri, '--out', join(folder, 'theirs'), ...args],
            uri,
          );
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
      const verdict = largest <= MEMORY_LIMIT_MB ? 'met' : 'NOT met';
      process.stdout.write(
        `${verdict}: most memory ${largest.toFixed(0)} MB, goal <= ${MEMORY_LIMIT_MB} MB\n`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await client.close();
  }
}

/** Runs it to its end, and watches its resident memory where the system tells it. */
async function timed(
  file: string,
  args: readonly string[],
  uri: string,
): Promise<{ ms: number; output: string; peakMb: number }> {
  const startedAt = performance.now();
  const env = { PATH: process.env.PATH, MONGODB_URI: uri };
  const child = spawn(file, [...args], { env, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, highWaterMb(child.pid));
  }, POLL_MS);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  clearInterval(watch);
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${stderr}`);
  return { ms: performance.now() - startedAt, output: `${stderr}${stdout}`, peakMb };
}

/** The most resident memory so far, in MB; zero where the system does not tell it. */
function highWaterMb(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return (Number(kilobytes ?? 0) * 1_024) / 1e6;
  } catch {
    return 0;
  }
}

function expectDocuments(name: string, found: number | undefined, { documents }: DataSet): void {
  if (found !== documents) throw new Error(`${name} has dumped ${found} documents instead of ${documents}`);
}

/** About 250 bytes each. */
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
  return { name: 'small', documents: SMALL_DOCUMENTS };
}

/** From 200 bytes to 300 kB, in three collections; text of random words, which compresses like text. */
async function fillMixed(db: mongo.Db): Promise<DataSet> {
  const words = Array.from({ length: 3_000 }, (_, n) => ((n * 7_919 + 104_729) * 31).toString(36));
  const random = seeded(1);
  const textOf = (length: number): string => {
    const parts: string[] = [];
    for (let size = 0; size < length; size += 7) parts.push(words[Math.floor(random() * words.length)] ?? '');
    return parts.join(' ').slice(0, length);
  };
  let documents = 0;
  for (let bytes = 0; bytes < MIXED_BYTES;) {
    const batch = Array.from({ length: 500 }, (_, index) => {
      const dice = random();
      const length = dice < 0.5 ? 200 : dice < 0.9 ? 2_000 : dice < 0.995 ? 20_000 : 300_000;
      return {
        kind: index % 10,
        text: textOf(length),
        at: new Date(),
        numbers: Array.from({ length: 10 }, random),
      };
    });
    bytes += batch.reduce((sum, { text: { length } }) => sum + length, 0);
    documents += batch.length;
    await db.collection(`mixed-${documents % 3}`).insertMany(batch, { ordered: false });
  }
  return { name: 'mixed', documents };
}

/** Random numbers that are the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
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
