import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { freePort } from '../../../../test/support/free-port.ts';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { PATIENCE_MS, waitUntil } from '../../../../test/support/wait-until.ts';
import { EmbeddedMongo, type EmbeddedMongoOptions } from './embedded-mongo.ts';
import { isListening } from './mongod-admin.ts';
import { findMongod } from './mongod-binary.ts';
import { isAlive } from './server-probe.ts';

describe(EmbeddedMongo.name, () => {
  let folder: string;
  let dataDir: string;
  let port: number;
  let lines: string[];
  const running: EmbeddedMongo[] = [];
  const applications: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedded-mongo-'));
    dataDir = join(folder, 'data', 'embedded');
    port = await freePort();
    lines = [];
  });
  afterEach(async () => {
    for (const application of applications.splice(0)) application.kill('SIGKILL');
    await Promise.all(running.splice(0).map((embedded) => embedded.stop()));
    await waitUntil(async () => !(await isListening(port)));
    await rm(folder, { recursive: true, maxRetries: 5 });
  });

  async function start(options: Partial<EmbeddedMongoOptions> = {}): Promise<EmbeddedMongo> {
    const embedded = await EmbeddedMongo.start({
      dataDir,
      port,
      log: (line) => lines.push(line),
      ...options,
    });
    running.push(embedded);
    return embedded;
  }

  /** Another application on the same folder; resolves when its database is ready. */
  async function startApplication(): Promise<{ application: ChildProcess; mongodPid: number }> {
    const program = `
      const { EmbeddedMongo } = await import('${import.meta.dirname}/embedded-mongo.ts');
      const embedded = await EmbeddedMongo.start({ dataDir: '${dataDir}', port: ${port}, log: () => {} });
      process.once('SIGTERM', () => embedded.stop().then(() => process.exit()));
      console.log(embedded.pid);
      setInterval(() => {}, 1000);`;
    const application = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    applications.push(application);
    const mongodPid = await new Promise<number>((resolve) => {
      application.stdout.once('data', (data) => resolve(Number(data)));
    });
    return { application, mongodPid };
  }

  /** Writes a document, in a transaction, and counts those there are. */
  async function insertAndCount(host = '127.0.0.1'): Promise<number> {
    const client = new mongo.MongoClient(`mongodb://${host}:${port}/check`, {
      serverSelectionTimeoutMS: 5_000,
    });
    try {
      const items = client.db().collection('items');
      await items.createIndex({ at: 1 });
      await client.withSession((session) =>
        session.withTransaction(() => items.insertOne({ at: new Date() }, { session })),
      );
      return await items.countDocuments();
    } finally {
      await client.close();
    }
  }

  it('keeps the documents for the next start, also on another port', async () => {
    const first = await start();
    expect(first.role).toBe('host');
    expect(await insertAndCount('localhost')).toBe(1);
    const { pid = 0 } = first;
    await first.stop();
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    port = await freePort();
    const second = await start();
    expect(second.uri('shop')).toBe(`mongodb://127.0.0.1:${port}/shop`);
    expect(await insertAndCount()).toBe(2);
  });

  it('starts on a machine that stands still for seconds', async () => {
    const starting = start();
    expect(await waitUntil(async () => isListening(port))).toBe(true);
    const pid = await findProcess((_, args) => args.includes(`--port=${port} `));
    process.kill(pid, 'SIGSTOP');
    await sleep(7_000);
    process.kill(pid, 'SIGCONT');
    expect((await starting).role).toBe('host');
    expect(await insertAndCount()).toBe(1);
  });

  it('lets two start at the same moment, and the guest takes over from the host', async () => {
    const both = await Promise.all([start(), start()]);
    expect(both.map(({ role }) => role).toSorted()).toEqual(['guest', 'host']);
    const [guest, host] = both[0].role === 'guest' ? both : both.toReversed();
    await insertAndCount();
    await host?.stop();
    expect(await waitUntil(() => guest?.role === 'host')).toBe(true);
    expect(await insertAndCount()).toBe(2);
  });

  it('leaves the server of a living application alone', async () => {
    const { mongodPid } = await startApplication();
    const guest = await start();
    expect(guest).toMatchObject({ role: 'guest', pid: mongodPid });
    await guest.stop();
    expect(isAlive(mongodPid)).toBe(true);
  });

  it('starts the server again when it dies, and says so', async () => {
    const embedded = await start();
    await insertAndCount();
    const { pid = 0 } = embedded;
    process.kill(pid, 'SIGKILL');
    expect(await waitUntil(() => embedded.pid !== pid && embedded.role === 'host')).toBe(true);
    expect(await insertAndCount()).toBe(2);
    expect(lines).toContainEqual(
      expect.stringContaining(`(process ${pid}) has ended: SIGKILL; starting it again`),
    );
  });

  it('slows down when it does not stay up, says why, and can still be stopped', async () => {
    let starts = 0;
    const broken = join(folder, 'mongod');
    await writeFile(broken, '#!/bin/sh\necho "out of luck"\nexit 1\n');
    await chmod(broken, 0o755);
    const embedded = await start({
      findBinary: async () => {
        starts += 1;
        return starts === 1 ? findMongod() : { path: broken, version: '9.9.9', source: 'test' };
      },
    });
    process.kill(embedded.pid ?? 0, 'SIGKILL');
    expect(await waitUntil(() => lines.some((line) => line.includes('does not stay up')))).toBe(true);
    expect(lines.at(-1)).toMatch(
      /mongod 9\.9\.9 does not start on .+: out of luck; trying again every 30 s$/,
    );
    const stoppedAt = performance.now();
    await embedded.stop();
    // Not in the thirty seconds until it would try again.
    expect(performance.now() - stoppedAt).toBeLessThan(PATIENCE_MS / 2);
  });

  it('leaves no server behind a killed application, and starts again on its lock file', async () => {
    const { application, mongodPid } = await startApplication();
    expect(await insertAndCount()).toBe(1);
    application.kill('SIGKILL');
    const next = await start();
    expect(await waitUntil(() => !isAlive(mongodPid))).toBe(true);
    expect(await waitUntil(() => next.role === 'host')).toBe(true);
    expect(await insertAndCount()).toBe(2);
    process.kill(next.pid ?? 0, 'SIGKILL');
    await next.stop();
    expect(await readFile(join(dataDir, 'mongod.lock'), 'utf8')).not.toBe('');
    await start();
    expect(await insertAndCount()).toBe(3);
  });

  it('uses a server that was left behind, and stops it in the end', async () => {
    const { application, mongodPid } = await startApplication();
    await killWatchdogOf(application);
    application.kill('SIGKILL');
    await waitUntil(() => application.signalCode !== null);
    const next = await start();
    expect(next.pid).toBe(mongodPid);
    expect(lines.at(-1)).toContain('(left by an earlier run)');
    expect(await insertAndCount()).toBe(1);
    await next.stop();
    expect(isAlive(mongodPid)).toBe(false);
  });

  it('uses a MongoDB that somebody else looks after, and leaves it running', async () => {
    const server = await MongodServer.start({ port });
    const embedded = await start();
    expect(embedded.role).toBe('foreign');
    await embedded.stop();
    expect(server.isRunning).toBe(true);
    await server.stop();
  });

  it('names a folder that cannot be written', async () => {
    await writeFile(join(folder, 'data'), 'a file in its place');
    await expect(start()).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining(`The data folder ${dataDir} cannot be written`),
    });
  });

  it.each([
    ['answers otherwise', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['says nothing', ''],
  ])('refuses a port whose program %s', async (_, answer) => {
    const program = createServer((socket) => {
      socket.on('error', () => {}).resume();
      if (answer) socket.end(answer);
    });
    await new Promise<void>((resolve) => program.listen(port, '127.0.0.1', resolve));
    try {
      await expect(start()).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        message: expect.stringMatching(new RegExp(`Port ${port} .+ stop it, or set MONGODB_URI`)),
      });
    } finally {
      program.close();
    }
  });

  it('quotes mongod when it cannot read the data', async () => {
    await (await start()).stop();
    const turtle = join(dataDir, 'WiredTiger.turtle');
    const text = await readFile(turtle, 'utf8');
    await writeFile(turtle, text.replace(/version=\(major=1,minor=\d+\)/, 'version=(major=9,minor=9)'));
    await expect(start()).rejects.toMatchObject({
      code: 'DATA_VERSION_UNSUPPORTED',
      message: expect.stringContaining('unsupported WiredTiger source file version 9.9'),
    });
  });
});

/** Ends the shell that would stop the server of a killed application, as a kill of everything does. */
async function killWatchdogOf(application: ChildProcess): Promise<void> {
  process.kill(
    await findProcess((ppid, args) => ppid === application.pid && args.includes('read -r')),
    'SIGKILL',
  );
}

/** Process id of the first that fits. */
async function findProcess(fits: (ppid: number, args: string) => boolean): Promise<number> {
  const ps = spawn('ps', ['-A', '-o', 'pid=,ppid=,args='], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = (await ps.stdout.toArray()).join('');
  for (const line of output.split('\n')) {
    const [, pid, ppid, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (fits(Number(ppid), args)) return Number(pid);
  }
  throw new Error('There is no such process');
}
