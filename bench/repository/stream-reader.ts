import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '#config';
import { DatabaseConnection } from '#database';
import { Logger } from '@nestjs/common';
import { READ_FROM, WAYS } from './contestant.ts';

// node stream-reader.ts WAY DOCUMENTS: reads that many and prints a MemoryCourse. MONGODB_URI says where.

/** Memory of a process before and while it reads, in bytes. */
export interface MemoryCourse {
  documents: number;
  seconds: number;
  /** Connected, after a small read. */
  idleBytes: number;
  samples: { atMs: number; rssBytes: number }[];
}

const SAMPLE_MS = 20;
const QUIET_MS = 500;

const [, , way = '', documents = '0'] = process.argv;
const { MONGODB_URI = '' } = process.env;
const open = WAYS[way];
if (open === undefined) throw new Error(`There is no way ${way}`);
Logger.overrideLogger(['warn', 'error']);
const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI }).database);
try {
  await connection.connect();
  const { stream } = open(connection, READ_FROM);
  await stream(1);
  await sleep(QUIET_MS);
  process.stdout.write(JSON.stringify(await watchMemory(async () => stream(Number(documents)))));
} finally {
  await connection.close();
}

async function watchMemory(work: () => Promise<number>): Promise<MemoryCourse> {
  const idleBytes = process.memoryUsage.rss();
  const startedAt = performance.now();
  const samples: MemoryCourse['samples'] = [];
  const sample = (): void => {
    samples.push({ atMs: Math.round(performance.now() - startedAt), rssBytes: process.memoryUsage.rss() });
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const count = await work();
  sample();
  clearInterval(timer);
  return { documents: count, seconds: (performance.now() - startedAt) / 1_000, idleBytes, samples };
}
