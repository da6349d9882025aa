import { mongo } from 'mongoose';
import { ReplicaSet } from './replica-set.ts';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe(ReplicaSet.name, () => {
  let set: ReplicaSet;
  let client: mongo.MongoClient;
  beforeAll(async () => {
    set = await ReplicaSet.start(3);
    client = new mongo.MongoClient(set.uri('check'), { serverSelectionTimeoutMS: 15_000, w: 'majority' });
  });
  afterAll(async () => {
    await client?.close();
    const pids = set.members.filter(({ isRunning }) => isRunning).map(({ pid }) => pid);
    await set.stop();
    expect(pids.filter(isAlive)).toEqual([]);
  });

  const insertAndCount = async (): Promise<number> => {
    await client.db().collection('documents').insertOne({});
    return client.db().collection('documents').countDocuments();
  };

  it('has one primary and two secondaries that take part in a majority', async () => {
    const secondaries = await set.secondaries();
    expect([set.members, secondaries]).toMatchObject([{ length: 3 }, { length: 2 }]);
    expect(await insertAndCount()).toBe(1);
  });

  it('elects another primary when the first one is killed, and takes it back', async () => {
    const before = await set.primary();
    const { pid } = before;
    await set.kill(before);
    expect(isAlive(pid)).toBe(false);
    expect(await set.primary()).not.toBe(before);
    expect(await insertAndCount()).toBe(2);
    await set.restart(before);
    const members = await set.secondaries();
    expect(members).toContain(before);
  });

  it('hands over on a step-down', async () => {
    const before = await set.primary();
    expect(await set.stepDown()).not.toBe(before);
    expect(await insertAndCount()).toBe(3);
  });
});
