import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expectFigure } from '../../../test/support/figures.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';

const OPS = resolve(import.meta.dirname, '../../../dist/apps/ops/main.js');
const SUCCESS = 'MongoDB connection successful';
const root = { username: 'root', password: 'a long root password' };

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  elapsedMs: number;
}

/** Runs the built command line with only these variables. */
async function ops(args: string[], environment: Record<string, string> = {}): Promise<Outcome> {
  const startedAt = performance.now();
  const { PATH = '' } = process.env;
  return new Promise((done) => {
    execFile(process.execPath, [OPS, ...args], { env: { PATH, ...environment } }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      done({ code, stdout, stderr, elapsedMs: performance.now() - startedAt });
    });
  });
}

describe('ops test-connection', () => {
  let server: MongodServer;
  beforeAll(async () => {
    server = await MongodServer.start({ auth: root });
  });
  afterAll(() => server?.stop());

  it('prints the one line and exits 0', async () => {
    const outcome = await ops(['test-connection'], { MONGODB_URI: server.uri('app') });
    expect(outcome).toMatchObject({ code: 0, stdout: `${SUCCESS}\n`, stderr: '' });
  });

  it('prints JSON for machines', async () => {
    const { code, stdout } = await ops(['test-connection', '--json'], { MONGODB_URI: server.uri('app') });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      connected: true,
      message: SUCCESS,
      database: 'app',
      latencyMs: expect.any(Number),
    });
  });

  it.each([
    ['is off', 'refuses connections', async () => `mongodb://127.0.0.1:${await freePort()}/app`],
    [
      'refuses the credentials',
      'authentication failed',
      async () => server.uri('app').replace('long', 'wrong'),
    ],
    ['wants credentials', 'authentication failed', async () => `mongodb://127.0.0.1:${server.port}/app`],
    ['has no name in the DNS', 'cannot be resolved', async () => 'mongodb://no-such-host.invalid/app'],
  ])('says within 5 s that the server %s, why and what to do, and exits 69', async (_, cause, uri) => {
    const outcome = await ops(['test-connection'], { MONGODB_URI: await uri() });
    expect(outcome).toMatchObject({ code: 69, stderr: '' });
    expect(outcome.stdout).toMatch(new RegExp(`^MongoDB connection failed: .*${cause}.*\nNext step: .+\n$`));
    expect(outcome.stdout).not.toMatch(/wrong|127\.0\.0\.1/);
    expectFigure({ row: 'ops', what: 'test-connection', value: outcome.elapsedMs, unit: 'ms', limit: 5_000 });
  });

  it('says within 5 s that a server hangs', async () => {
    await server.pause();
    try {
      const outcome = await ops(['test-connection', '--json'], { MONGODB_URI: server.uri('app') });
      expect(outcome.code).toBe(69);
      expect(JSON.parse(outcome.stdout)).toMatchObject({ connected: false, reason: 'no-answer' });
      expectFigure({ row: 'ops', what: 'hung server', value: outcome.elapsedMs, unit: 'ms', limit: 5_000 });
    } finally {
      server.resume();
    }
  });

  it('says within 5 s that a peer is mute', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    try {
      const { port } = mute.address() as AddressInfo;
      const outcome = await ops(['test-connection'], { MONGODB_URI: `mongodb://127.0.0.1:${port}/app` });
      expect(outcome.code).toBe(69);
      expectFigure({ row: 'ops', what: 'mute peer', value: outcome.elapsedMs, unit: 'ms', limit: 5_000 });
    } finally {
      mute.close();
    }
  });
});

describe('ops', () => {
  it('shows help with examples', async () => {
    const { code, stdout } = await ops(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('test-connection');
    expect(stdout).toContain('$ ops test-connection');
  });

  it('exits 2 at wrong use and 78 at a wrong configuration', async () => {
    expect(await ops(['no-such-command'])).toMatchObject({ code: 2, stdout: '' });
    expect(await ops(['test-connection', '--no-such-option'])).toMatchObject({ code: 2, stdout: '' });
    const wrong = await ops(['test-connection'], { MONGODB_URI: 'http://example.org' });
    expect(wrong).toMatchObject({ code: 78, stdout: '' });
    expect(wrong.stderr).toContain('MONGODB_URI');
  });
});
