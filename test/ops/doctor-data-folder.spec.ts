import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { mongo } from 'mongoose';
import { isListening } from '../../apps/api/src/embedded/mongod-admin.ts';
import { findMongod } from '../../apps/api/src/embedded/mongod-binary.ts';
import { MongodProcess } from '../../apps/api/src/embedded/mongod-process.ts';
import { freePort } from '../support/free-port.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { diagnose } from '../../apps/ops/test/diagnose.ts';

const MB = 1_000_000;
/** Room for a server and its journal, and for as much again as the check calls too little. */
const DISK = '1000m';
/** Mounting is left to root. */
const withSmallDisk = process.getuid?.() === 0 ? it : it.skip;

describe('ops doctor, of a data folder on this machine', () => {
  let folder: string;
  let isMounted = false;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'small-disk-'));
  });
  afterAll(async () => {
    if (isMounted) execFileSync('umount', ['-l', folder]);
    await rm(folder, { recursive: true, force: true });
    await rm(`${folder}.log`, { force: true });
  });

  withSmallDisk('recognises "Disk space error" before and after the server has died of it', async () => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder]);
    if (mounted.status !== 0)
      throw new Error(`A small disk cannot be mounted here: ${String(mounted.stderr)}`);
    isMounted = true;
    const data = join(folder, 'data');
    const port = await freePort();
    const server = await startIn(data, port);
    try {
      const environment = { MONGODB_URI: `mongodb://127.0.0.1:${port}/app` };
      expect((await diagnose(environment)).of('DISK_SPACE')?.status).not.toBe('failure');
      await fill(folder);
      const full = await diagnose(environment);
      expect(full.of('DISK_SPACE')).toMatchObject({
        status: 'failure',
        cause: expect.stringMatching(/^Disk space error: only .* are free for data$/),
        next: expect.stringMatching(/^free space on the disk of the data folder/),
      });
      expect(full.code).toBe(1);
      await writeUntilItFails(environment.MONGODB_URI);
      await server.kill();
      const dead = await diagnose(environment, ['--data', data]);
      expect(dead.of('TCP')).toMatchObject({ status: 'failure' });
      expect(dead.of('DISK_SPACE')).toMatchObject({
        status: 'failure',
        cause: expect.stringMatching(/^Disk space error/),
      });
    } finally {
      await server.kill();
    }
  });

  it('recognises "Permission denied", of which a server does not start', async () => {
    const data = await mkdtemp(join(tmpdir(), 'denied-'));
    try {
      await mkdir(join(data, 'journal'));
      await chmod(data, 0o500);
      const port = await freePort();
      expect(await startDenied(data, port)).toMatch(/Permission denied|read-only directory/i);
      const { of, code } = await diagnose({ MONGODB_URI: `mongodb://127.0.0.1:${port}/app` }, [
        '--data',
        data,
      ]);
      expect(code).toBe(69);
      expect(of('TCP')).toMatchObject({ status: 'failure', next: expect.stringContaining('logs mongodb') });
      expect(of('DATA_FOLDER')).toMatchObject({
        status: 'failure',
        cause: expect.stringMatching(/^Permission denied: the owner of the data folder/),
        next: expect.stringContaining('chown'),
      });
    } finally {
      await chmod(data, 0o700);
      await rm(data, { recursive: true });
    }
  });

  it('recognises files of another user, as a copy by root leaves them', async () => {
    const data = await mkdtemp(join(tmpdir(), 'copied-'));
    const isOwned = spawnSync('chown', ['65534', data]).status === 0;
    await writeFile(join(data, 'WiredTiger'), '');
    const { of } = await diagnose({}, ['--data', data]);
    await rm(data, { recursive: true });
    // Only root can give a folder away.
    if (isOwned)
      expect(of('DATA_FOLDER')).toMatchObject({
        status: 'failure',
        cause: expect.stringContaining('another user'),
      });
    else expect(of('DATA_FOLDER')).toMatchObject({ status: 'ok' });
  });

  it('recognises a server that may open too few files', async () => {
    const server = await MongodServer.start();
    try {
      const environment = { MONGODB_URI: server.uri('app') };
      execFileSync('prlimit', [`--pid=${server.pid}`, '--nofile=2048']);
      expect((await diagnose(environment)).of('OPEN_FILES')).toMatchObject({
        status: 'warning',
        cause: 'The server may open 2,048 files, and connections count as files',
      });
    } finally {
      await server.stop();
    }
  });
});

/** A server with its data in this folder. */
async function startIn(data: string, port: number): Promise<MongodProcess> {
  await mkdir(data);
  const server = await MongodProcess.start({
    binary: (await findMongod()).path,
    args: [
      `--dbpath=${data}`,
      `--port=${port}`,
      '--bind_ip=127.0.0.1',
      '--nounixsocket',
      '--wiredTigerCacheSizeGB=0.25',
    ],
    logPath: `${dirname(data)}.log`,
    signalWhenAbandoned: 'SIGKILL',
  });
  await waitUntil(async () => isListening(port));
  return server;
}

/** Leaves a few megabytes, so that the server lives on as long as nobody writes much. */
async function fill(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  execFileSync('fallocate', ['--length', String(bavail * bsize - 8 * MB), join(folder, 'filler')]);
}

async function writeUntilItFails(uri: string): Promise<void> {
  const client = await mongo.MongoClient.connect(uri, {
    serverSelectionTimeoutMS: 5_000,
    socketTimeoutMS: 10_000,
  });
  const batch = () =>
    Array.from({ length: 50 }, (_, i) => ({ i, text: Buffer.allocUnsafe(50_000).toString('base64') }));
  const write = async (): Promise<void> => {
    for (let round = 0; round < 40; round += 1)
      await client
        .db('app')
        .collection('filler')
        .insertMany(batch(), { writeConcern: { j: true } });
  };
  try {
    await expect(write()).rejects.toThrow();
  } finally {
    await client.close();
  }
}

/** Root is let through everywhere, unless it gives this right away. */
async function startDenied(data: string, port: number): Promise<string> {
  const { path } = await findMongod();
  const args = [path, `--dbpath=${data}`, `--port=${port}`, '--bind_ip=127.0.0.1', '--nounixsocket'];
  const dropped = '--bounding-set=-dac_override,-dac_read_search';
  const [command = '', ...rest] = process.getuid?.() === 0 ? ['setpriv', dropped, ...args] : args;
  const mongod = spawn(command, rest, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [output, [code]] = await Promise.all([text(mongod.stdout), once(mongod, 'close')]);
  expect(code).not.toBe(0);
  return output;
}
