import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfiguration } from '#config';
import { DatabaseConnection } from '#database';
import { Logger } from '@nestjs/common';
import { fill } from './repository/contact-set.ts';
import { BASE, READ_FROM, SUBJECT } from './repository/contestant.ts';
import type { MemoryCourse } from './repository/stream-reader.ts';
import { formatSpread, rotated, saveReport, spreadOf } from './support/paired.ts';

const READER = join(import.meta.dirname, 'repository/stream-reader.ts');
const DOCUMENTS = 1_000_000;
const BYTES_PER_MB = 1_000_000;
const GOAL_MB = 150;
/** The samples of a run are many. */
const MAX_OUTPUT_BYTES = 64 * BYTES_PER_MB;

/** Memory of a process that streams a million documents, over what it has when idle. */
export async function benchStreamMemory(mongodbUri: string, rounds = 3): Promise<void> {
  await fillContacts(mongodbUri);
  const courses: Record<string, MemoryCourse[]> = { [SUBJECT]: [], [BASE]: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, list] of rotated(Object.entries(courses), round)) list.push(await read(way, mongodbUri));
  }
  const growth = spreadOf((courses[SUBJECT] ?? []).map(growthOf));
  const isMet = growth.max < GOAL_MB;
  const goal = { name: SUBJECT, belowMb: GOAL_MB, growthMb: growth, isMet };
  print(courses, rounds);
  process.stdout.write(
    `${isMet ? 'met' : 'NOT met'}: ${SUBJECT} grows by ${formatSpread(growth, 0)} MB, goal < ${GOAL_MB} each time\n`,
  );
  await saveReport('stream-memory', { rounds, documents: DOCUMENTS, goals: [goal], courses });
}

async function fillContacts(mongodbUri: string): Promise<void> {
  Logger.overrideLogger(['warn', 'error']);
  const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: mongodbUri }).database);
  try {
    await connection.connect();
    await fill(connection, READ_FROM, DOCUMENTS);
  } finally {
    await connection.close();
  }
}

/** In a process of its own, so that nothing but the reading is in its memory. */
async function read(way: string, mongodbUri: string): Promise<MemoryCourse> {
  const { stdout } = await promisify(execFile)(process.execPath, [READER, way, String(DOCUMENTS)], {
    env: { PATH: process.env.PATH, NODE_ENV: 'development', MONGODB_URI: mongodbUri },
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  const course = JSON.parse(stdout) as MemoryCourse;
  if (course.documents !== DOCUMENTS) throw new Error(`${way} read ${course.documents} documents`);
  return course;
}

/** In MB. */
function growthOf({ idleBytes, samples }: MemoryCourse): number {
  const most = samples.reduce((max, { rssBytes }) => Math.max(max, rssBytes), 0);
  return (most - idleBytes) / BYTES_PER_MB;
}

function print(courses: Record<string, MemoryCourse[]>, rounds: number): void {
  const rows = Object.entries(courses).map(([way, list]) => ({
    way,
    'idle, MB': formatSpread(spreadOf(list.map(({ idleBytes }) => idleBytes / BYTES_PER_MB)), 0),
    'most above idle, MB': formatSpread(spreadOf(list.map(growthOf)), 0),
    seconds: formatSpread(spreadOf(list.map(({ seconds }) => seconds)), 1),
  }));
  process.stdout.write(
    `\nstream-memory: ${DOCUMENTS.toLocaleString('en')} documents, ${rounds} rounds, median [min..max]\n`,
  );
  console.table(rows);
}
