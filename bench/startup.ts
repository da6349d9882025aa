import { compare, type Variant } from './support/paired.ts';
import { ServerProcess } from './support/server-process.ts';

const SERVERS = [
  { name: 'bare fastify + driver', file: 'bench/servers/bare-fastify-driver.ts' },
  { name: 'bare fastify + driver again', file: 'bench/servers/bare-fastify-driver.ts' },
  { name: 'api', file: 'dist/apps/api/main.js' },
  { name: 'api unbundled', file: 'dist/apps/api/src/main.js' },
];
const GOALS = [{ name: 'api', over: 'bare fastify + driver', atLeast: 1 }];

/** From the spawn of `node` to the first 200 on `/health/live`. */
export async function benchStartup(mongodbUri: string, rounds = 15): Promise<void> {
  const variants: Variant[] = SERVERS.map(({ name, file }) => ({
    name,
    run: async () => {
      const server = await ServerProcess.start({ file, mongodbUri, path: '/health/live' });
      await server.stop();
      return server.startMs;
    },
  }));
  // What is read from the disk is in memory then.
  for (const { run } of variants) await run();
  await compare({ title: 'startup', unit: 'ms', better: 'lower', variants, goals: GOALS, rounds });
}
