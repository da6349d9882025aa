import { resolve } from 'node:path';
import { EmbeddedMongo } from '../apps/api/src/embedded/embedded-mongo.ts';
import { copyPublicFiles } from './build/public-files.ts';
import { Application } from './dev/application.ts';
import { Compiler } from './dev/compiler.ts';

// node tools/dev.ts: compiles on change and restarts the API, while the embedded MongoDB keeps running.

const ROOT = resolve(import.meta.dirname, '..');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

process.chdir(ROOT);
const compiler = new Compiler(ROOT, say);
const application = new Application(resolve(ROOT, 'dist/apps/api/src/main.js'), say);
let database: EmbeddedMongo | undefined;
let stopping: Promise<void> | undefined;

for (const signal of SIGNALS) process.on(signal, () => void (stopping ??= stop(0)));
try {
  await compiler.start(restart, prepare);
} catch (error) {
  say(Error.isError(error) ? error.message : String(error));
  stopping ??= stop(1);
}
await stopping;

/** Once, when the first build is there: what the API needs of this process before it starts. */
async function prepare(): Promise<void> {
  const { loadConfiguration } = await import('#config');
  if (!loadConfiguration().embedded.isAllowed) return;
  database = await EmbeddedMongo.start({ dataDir: 'data/embedded', log: say });
}

async function restart(): Promise<void> {
  await copyPublicFiles(ROOT);
  await application.restart();
}

async function stop(code: number): Promise<void> {
  compiler.stop();
  await application.stop();
  await database?.stop();
  process.exit(code);
}

function say(line: string): void {
  process.stderr.write(`[dev] ${line}\n`);
}
