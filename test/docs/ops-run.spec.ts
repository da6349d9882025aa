import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mongo } from 'mongoose';
import { OPS } from '../../apps/ops/test/run-ops.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { RepositoryCopy } from '../support/repository-copy.ts';
import { commandsOfPage, linesOfPage } from './ops-commands.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** In the order in which one page leaves something for the next. */
const PAGES = [
  'ops',
  'doctor',
  'connection-strings',
  'backup',
  'restore',
  'import-sqlite',
  'monitoring',
  'indexes',
  'version-upgrade',
];
/** They build the command line in a copy, and start it for each line, while other tests run. */
const TIMEOUT_MS = 300_000;

/** What has to be there beside the service, or somebody to answer. */
const ELSEWHERE = /docker|kubectl|27099|mongodump|shop\.archive|--kill/;
/** Where the page says that it exits with 1 when there is something to be done, or in the way. */
const MAY_FIND = /indexes plan|upgrade-check|restore .*--dry-run/;
const BACKUPS = '/var/backups/mongodb';

let server: MongodServer;
let copy: RepositoryCopy;
let client: mongo.MongoClient;
beforeAll(async () => {
  server = await MongodServer.start({ replSet: true });
  copy = await RepositoryCopy.make();
  client = await mongo.MongoClient.connect(server.uri('openai_outreach'));
  const contacts = client.db().collection('contacts');
  await contacts.insertMany(Array.from({ length: 50 }, (_, n) => ({ email: `ada-${n}@example.org` })));
  await contacts.createIndex({ legacy: 1 });
  await makeCommand();
  const sqlite = new DatabaseSync(join(copy.folder, 'app.db'));
  sqlite.exec(
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO people VALUES (1, 'Ada')",
  );
  sqlite.close();
  // As a service leaves it.
  expect(await copy.run('ops indexes apply', environment())).toMatchObject({ status: 0 });
}, TIMEOUT_MS);
afterAll(async () => {
  await client?.close();
  await copy?.remove();
  await server?.stop();
});

describe('the pages of the command line', () => {
  it.each(PAGES)(
    'docs/%s.md works as it is printed',
    async (page) => {
      const lines = linesOfPage(await readFile(join(ROOT, `docs/${page}.md`), 'utf8'));
      const calls = lines.filter((line) => commandsOfPage(page, asBlock(line)).length > 0);
      expect(calls).not.toEqual([]);
      for (const line of calls.filter((each) => !ELSEWHERE.test(each))) {
        const command = await here(line);
        if (line.includes('--watch')) {
          const { stop } = await copy.start(command, /\w/, environment());
          await stop();
          continue;
        }
        const { status, output } = await copy.run(command, environment());
        const isExpected = status === 0 || (status === 1 && MAY_FIND.test(line));
        expect([line, isExpected ? '' : output]).toEqual([line, '']);
      }
    },
    TIMEOUT_MS,
  );
});

function environment(): Record<string, string> {
  const bin = join(copy.folder, 'reports/bin');
  return { MONGODB_URI: server.uri('openai_outreach'), PATH: `${bin}:${process.env.PATH}` };
}

/** As in a container, where the command line is called `ops`. */
async function makeCommand(): Promise<void> {
  const bin = join(copy.folder, 'reports/bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'ops'), `#!/bin/sh\nexec "${process.execPath}" "${OPS}" "$@"\n`);
  await chmod(join(bin, 'ops'), 0o755);
}

/** A line with the name of the newest backup, and a folder that everybody may write. */
async function here(line: string): Promise<string> {
  const names = await readdir(join(copy.folder, 'backups')).catch(() => []);
  const newest = names
    .filter((name) => name.startsWith('openai_outreach-'))
    .toSorted()
    .at(-1);
  return line.replaceAll('NAME', newest ?? 'NAME').replaceAll(BACKUPS, 'reports/var-backups');
}

function asBlock(line: string): string {
  return `\`\`\`bash\n${line}\n\`\`\`\n`;
}
