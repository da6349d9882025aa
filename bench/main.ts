import { parseArgs } from 'node:util';
import { MongodServer } from '../test/support/mongod-server.ts';
import { benchBackup } from './backup.ts';
import { benchContactsImport } from './contacts-import.ts';
import { benchContactsMemory } from './contacts-memory.ts';
import { benchContacts } from './contacts.ts';
import { benchHealth } from './health.ts';
import { benchImportSqlite } from './import-sqlite.ts';
import { benchRepository } from './repository.ts';
import { benchRestore } from './restore.ts';
import { benchStartup } from './startup.ts';
import { benchStreamMemory } from './stream-memory.ts';

// npm run bench -- NAME [--rounds N]: prints a table and keeps every figure in reports/.

const BENCHES: Record<string, (mongodbUri: string, rounds?: number) => Promise<void>> = {
  backup: benchBackup,
  contacts: benchContacts,
  'contacts-import': benchContactsImport,
  'contacts-memory': benchContactsMemory,
  health: benchHealth,
  'import-sqlite': benchImportSqlite,
  repository: benchRepository,
  restore: benchRestore,
  startup: benchStartup,
  'stream-memory': benchStreamMemory,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' } },
});
const bench = BENCHES[positionals[0] ?? ''];
if (bench) {
  const mongod = await MongodServer.start();
  // The server does not keep this process alive, and its end is waited for.
  const alive = setInterval(() => undefined, 60_000);
  try {
    await bench(mongod.uri('bench'), values.rounds === undefined ? undefined : Number(values.rounds));
  } finally {
    await mongod.stop();
    clearInterval(alive);
  }
} else {
  process.stderr.write(`Usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [--rounds N]\n`);
  process.exitCode = 2;
}
