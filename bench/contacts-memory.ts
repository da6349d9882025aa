import { fillContacts, readContacts, residentBytesOf } from './contacts-reading.ts';
import { formatSpread, saveReport, spreadOf, type Spread } from './support/paired.ts';
import { ServerProcess } from './support/server-process.ts';

const REQUESTS = 200_000;
const SAMPLES = 40;
/** Until the heap has found its size. */
const WARM_UP_REQUESTS = 50_000;
const CONTACTS = 1_000;
const BYTES_PER_MB = 1_000_000;
/** How much higher the last quarter may be than the first one. */
const GOAL_MB = 10;

/** Memory of the service over 200,000 reads of contacts: what is kept of each would show. */
export async function benchContactsMemory(mongodbUri: string, rounds = 1): Promise<void> {
  const ids = await fillContacts(mongodbUri, CONTACTS);
  const courses: number[][] = [];
  for (let round = 0; round < rounds; round += 1) courses.push(await course(mongodbUri, ids));
  const growths = courses.map((samples) => {
    const quarter = Math.ceil(samples.length / 4);
    return spreadOf(samples.slice(-quarter)).median - spreadOf(samples.slice(0, quarter)).median;
  });
  const isMet = growths.every((growth) => growth < GOAL_MB);
  const level: Spread = spreadOf(courses.flat());
  process.stdout.write(
    `\ncontacts-memory: ${REQUESTS.toLocaleString('en')} requests, ${rounds} rounds\n` +
      `resident: ${formatSpread(level, 0)} MB, median [min..max]\n` +
      `${isMet ? 'met' : 'NOT met'}: from the first quarter to the last it grows by ${formatSpread(spreadOf(growths), 1)} MB, goal < ${GOAL_MB} each time\n`,
  );
  const goal = { name: 'api', growsByLessThanMb: GOAL_MB, growths, isMet };
  await saveReport('contacts-memory', { rounds, requests: REQUESTS, goals: [goal], courses });
}

/** Samples in MB. */
async function course(mongodbUri: string, ids: readonly string[]): Promise<number[]> {
  const file = 'dist/apps/api/main.js';
  const server = await ServerProcess.start({ file, mongodbUri, path: '/health/startup' });
  try {
    await readContacts(server.url, ids, { requests: WARM_UP_REQUESTS });
    const samples: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const requests = REQUESTS / SAMPLES;
      const { answers } = await readContacts(server.url, ids, { requests });
      if (answers !== requests) throw new Error(`${answers} of ${requests} requests were answered`);
      samples.push((await residentBytesOf(server.url)) / BYTES_PER_MB);
    }
    return samples;
  } finally {
    await server.stop();
  }
}
