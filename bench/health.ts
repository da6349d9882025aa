import { answersPerSecond } from './support/load.ts';
import { compare, type Variant } from './support/paired.ts';
import { ServerProcess } from './support/server-process.ts';

const HEALTHY =
  /^{"status":"healthy","mongodb":{"connected":true,"message":"MongoDB connection successful"}}$/;
const PING = /^{"status":"ok","info":{"mongodb":{"responseTime":\d+,"status":"up"}},"error":{},/;
const SERVERS = [
  { name: 'bare fastify', file: 'bench/servers/bare-fastify.ts', body: HEALTHY },
  { name: 'bare fastify again', file: 'bench/servers/bare-fastify.ts', body: HEALTHY },
  { name: 'api', file: 'dist/apps/api/main.js', body: HEALTHY },
  { name: 'terminus ping', file: 'bench/servers/terminus-ping.ts', body: PING },
];
const GOALS = [
  { name: 'api', over: 'bare fastify', atLeast: 0.85 },
  { name: 'api', over: 'terminus ping', atLeast: 6 },
];
const CONNECTIONS = 50;
const SECONDS = 2;

/** `GET /health` beside a constant answer and beside a ping for each request. */
export async function benchHealth(mongodbUri: string, rounds = 9): Promise<void> {
  const servers: ServerProcess[] = [];
  try {
    const variants: Variant[] = [];
    for (const { name, file, body } of SERVERS) {
      const server = await ServerProcess.start({ file, mongodbUri, path: '/health' });
      servers.push(server);
      const load = { url: `${server.url}/health`, connections: CONNECTIONS, body };
      // Until it is compiled as it will stay.
      await answersPerSecond({ ...load, seconds: SECONDS });
      variants.push({ name, run: async () => answersPerSecond({ ...load, seconds: SECONDS }) });
    }
    await compare({
      title: 'health',
      unit: 'answers/s',
      better: 'higher',
      variants,
      goals: GOALS,
      rounds,
    });
  } finally {
    await Promise.all(servers.map(async (server) => server.stop()));
  }
}
