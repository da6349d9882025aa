import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mongo } from 'mongoose';
import { compare, type Variant } from './support/paired.ts';
import { ProcessorTimes } from './support/processor-times.ts';
import { findOnPath, judgeMemory, timed } from './support/timed-process.ts';

const OPS = resolve(import.meta.dirname, '../dist/apps/ops/main.js');
const INSERT_MANY = join(import.meta.dirname, 'import-sqlite/insert-many.ts');
const ROWS = 1_000_000;
const BASE = 'iterate + insertMany 1,000';
const SUBJECT = 'ops import-sqlite';
const UNCOMPARED = 'ops import-sqlite --no-verify';
const TOOL = 'JSON lines + mongoimport';
const GOAL_MB = 200;

/**
 * Whole processes from start to end, on one file: the command with and without its comparison, beside the loop that one writes without a
 * tool, and beside `mongoimport` where it is on the PATH. The base neither compares nor makes indexes.
 */
export async function benchImportSqlite(mongodbUri: string, rounds = 5): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-sqlite-'));
  const client = new mongo.MongoClient(mongodbUri);
  try {
    const file = join(folder, 'people.db');
    makePeople(file);
    const times = await ProcessorTimes.of(client);
    let largestMb = 0;
    const run = async (name: string, command: string, args: string[]): Promise<number> => {
      await client.db().dropDatabase();
      const { ms, peakMb } = await times.measure(name, () => timed(command, args, mongodbUri));
      const count = await client.db().collection('people').countDocuments();
      if (count !== ROWS) throw new Error(`${name}: ${count} documents, not ${ROWS}`);
      if (args.includes(OPS)) largestMb = Math.max(largestMb, peakMb);
      return (ROWS / ms) * 1_000;
    };
    const node = (name: string, ...args: string[]): Variant => ({
      name,
      run: () => run(name, process.execPath, args),
    });
    const variants: Variant[] = [
      node(BASE, INSERT_MANY, file),
      node(SUBJECT, OPS, 'import-sqlite', file),
      node(UNCOMPARED, OPS, 'import-sqlite', file, '--no-verify'),
    ];
    const goals = [{ name: UNCOMPARED, over: BASE, atLeast: 2.5 }];
    const mongoimport = findOnPath('mongoimport');
    if (mongoimport) {
      const lines = join(folder, 'people.json');
      const tool = ['--uri', mongodbUri, '-c', 'people', '-j', '2', '--quiet', lines];
      variants.push({
        name: TOOL,
        run: async () => {
          const startedAt = performance.now();
          await writeLines(file, lines);
          const written = (performance.now() - startedAt) / 1_000;
          return ROWS / (ROWS / (await run(TOOL, mongoimport, tool)) + written);
        },
      });
      goals.push({ name: UNCOMPARED, over: TOOL, atLeast: 4 });
    }
    await compare({ title: 'import-sqlite', unit: 'rows/s', better: 'higher', variants, goals, rounds });
    times.print('import-sqlite');
    judgeMemory(largestMb, GOAL_MB);
  } finally {
    await client.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeLines(file: string, lines: string): Promise<void> {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  function* texts(): Generator<string> {
    let text = '';
    for (const row of sqlite
      .prepare(
        'SELECT id AS _id, name, email, age, active, score, role, street, city, birth, notes FROM people',
      )
      .iterate()) {
      text += `${JSON.stringify(row)}\n`;
      if (text.length < 1_048_576) continue;
      yield text;
      text = '';
    }
    yield text;
  }
  await writeFile(lines, texts());
  sqlite.close();
}

/** People as an application has them: eleven columns, 270 bytes as BSON. */
function makePeople(file: string): void {
  const sqlite = new DatabaseSync(file);
  sqlite.exec(
    `PRAGMA journal_mode = OFF; CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, email TEXT, age INTEGER, active INTEGER,
       score REAL, role TEXT, street TEXT, city TEXT, birth TEXT, notes TEXT);
     WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${ROWS})
     INSERT INTO people SELECT n, 'Name ' || n, 'user' || n || '@example.org', n % 90, n & 1, n / 3.0, 'role ' || (n % 3), 'Street ' || n,
       'City ' || (n % 1000), strftime('%Y-%m-%dT%H:%M:%fZ', n * 10000, 'unixepoch'), printf('%.*c', n % 100, 'n') FROM c`,
  );
  sqlite.close();
}
