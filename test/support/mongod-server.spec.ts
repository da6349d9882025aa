import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { waitUntil } from './wait-until.ts';
import { MongodServer } from './mongod-server.ts';

async function insertAndCount(uri: string): Promise<number> {
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  try {
    const collection = client.db('check').collection('documents');
    await collection.insertOne({}, { writeConcern: { w: 'majority', journal: true } });
    return await collection.countDocuments();
  } finally {
    await client.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe(MongodServer.name, () => {
  let server: MongodServer | undefined;
  afterEach(() => server?.stop());

  it('keeps its documents over a crash, on the same port', async () => {
    server = await MongodServer.start();
    const { pid } = server;
    expect(await insertAndCount(server.uri())).toBe(1);
    await server.kill();
    expect(isAlive(pid)).toBe(false);
    expect(server.isRunning).toBe(false);
    await server.restart();
    expect(await insertAndCount(server.uri())).toBe(2);
  });

  it('answers nothing while paused, and can be stopped like that', async () => {
    server = await MongodServer.start();
    const { pid } = server;
    await server.pause();
    const answer = server.command({ ping: 1 }).then(() => 'answered');
    expect(await Promise.race([answer, sleep(500, 'silent')])).toBe('silent');
    server.resume();
    expect(await answer).toBe('answered');
    await server.pause();
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('asks for credentials, and leads a replica set, also after a restart', async () => {
    server = await MongodServer.start({ auth: { username: 'root', password: 'p@ss/word' }, replSet: true });
    await server.restart();
    expect(await insertAndCount(server.uri())).toBe(1);
    const stranger = insertAndCount(`mongodb://127.0.0.1:${server.port}/`);
    await expect(stranger).rejects.toMatchObject({ code: 13 });
    const { setName, isWritablePrimary } = await server.command({ hello: 1 });
    expect({ setName, isWritablePrimary }).toEqual({ setName: 'test', isWritablePrimary: true });
  });

  it('fails the commands it is told to, until cleared', async () => {
    server = await MongodServer.start();
    await server.failPoint({ failCommands: ['insert'], errorCode: 112 });
    await expect(insertAndCount(server.uri())).rejects.toMatchObject({ code: 112 });
    await server.clearFailPoint();
    expect(await insertAndCount(server.uri())).toBe(1);
  });

  it('reports what mongod says when it cannot start', async () => {
    await expect(MongodServer.start({ args: ['--noSuchOption'] })).rejects.toThrow('noSuchOption');
  });

  it('leaves nothing running when the process that started it is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'killed-host-'));
    const script = `
      const { MongodServer } = await import('${import.meta.dirname}/mongod-server.ts');
      const server = await MongodServer.start();
      await server.pause();
      console.log(server.pid);
      setInterval(() => {}, 1000);`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) =>
      host.stdout.once('data', (data) => resolve(Number(data))),
    );
    expect(isAlive(pid)).toBe(true);
    host.kill('SIGKILL');
    expect(await waitUntil(() => !isAlive(pid))).toBe(true);
    await rm(folder, { recursive: true });
  });
});
