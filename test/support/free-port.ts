import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, so that none of these takes a port between this call and its use. */
const FIRST_PORT = 12_000;
/** Each worker of Jest has its own. */
const PORTS_PER_WORKER = 2_000;
const WORKERS = 10;

const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;
/** Somewhere in them, since another run may be going on beside this one. */
let turn = Math.floor(Math.random() * PORTS_PER_WORKER);

/** A port of 127.0.0.1 that nobody listens on now, and that is not given out again soon. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORTS_PER_WORKER; attempt += 1) {
    turn = (turn + 1) % PORTS_PER_WORKER;
    const port = FIRST_PORT + worker * PORTS_PER_WORKER + turn;
    if (await isFree(port)) return port;
  }
  throw new Error('There is no free port');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) =>
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)),
  );
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}
