import { fillContacts, readContacts } from './contacts-reading.ts';
import { compare, type Variant } from './support/paired.ts';
import { ServerProcess } from './support/server-process.ts';

const BARE = 'bench/servers/bare-fastify-contacts.ts';
const SERVERS = [
  { name: 'bare fastify + driver', file: BARE },
  { name: 'bare fastify + driver again', file: BARE },
  { name: 'api', file: 'dist/apps/api/main.js' },
];
const GOALS = [{ name: 'api', over: 'bare fastify + driver', atLeast: 2 }];
/** All different, so that a read is not the read of another one. */
const CONTACTS = 1_000;
const SECONDS = 2;

/** `GET /contacts/:id` beside the same without a framework, validation, logging and metrics. */
export async function benchContacts(mongodbUri: string, rounds = 9): Promise<void> {
  const ids = await fillContacts(mongodbUri, CONTACTS);
  const servers: ServerProcess[] = [];
  try {
    const variants: Variant[] = [];
    for (const { name, file } of SERVERS) {
      const server = await ServerProcess.start({ file, mongodbUri, path: '/health/live' });
      servers.push(server);
      const run = async () => {
        const { answers, seconds } = await readContacts(server.url, ids, { seconds: SECONDS });
        return answers / seconds;
      };
      await untilConnected(server.url, ids);
      // Until it is compiled as it will stay.
      await run();
      variants.push({ name, run });
    }
    await requireSameAnswers(
      servers.map(({ url }) => url),
      ids,
    );
    await compare({ title: 'contacts', unit: 'answers/s', better: 'higher', variants, goals: GOALS, rounds });
  } finally {
    await Promise.all(servers.map(async (server) => server.stop()));
  }
}

async function untilConnected(url: string, ids: readonly string[]): Promise<void> {
  while ((await fetch(`${url}/contacts/${ids[0]}`)).status !== 200) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** @throws {Error} When one of them answers something else for any of the contacts */
async function requireSameAnswers(urls: readonly string[], ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const answers = await Promise.all(urls.map(async (url) => read(`${url}/contacts/${id}`)));
    if (new Set(answers).size > 1) throw new Error(`The servers answer differently:\n${answers.join('\n')}`);
  }
}

async function read(url: string): Promise<string> {
  const answer = await fetch(url);
  return [answer.status, answer.headers.get('etag'), await answer.text()].join(' ');
}
