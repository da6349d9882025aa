import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { ReplicaSet } from '../../../test/support/replica-set.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { diagnose, expectFailure } from './diagnose.ts';
import { runOps } from './run-ops.ts';

describe('ops doctor recognises', () => {
  let server: MongodServer;
  let uri: string;
  beforeAll(async () => {
    server = await MongodServer.start({ replSet: true, args: ['--maxConns=1000'] });
    uri = server.uri('app');
  });
  afterAll(() => server?.stop());

  it('a replica set of another name', async () => {
    const wrong = uri.replace('replicaSet=test', 'replicaSet=other');
    expectFailure(
      await diagnose({ MONGODB_URI: wrong }),
      'TOPOLOGY',
      /No writable primary/,
      /replicaSet in MONGODB_URI/,
    );
  });

  it('missing and forbidden connections', async () => {
    const { of } = await diagnose({ MONGODB_URI: uri, MONGODB_MAX_POOL_SIZE: '2000' });
    expect(of('POOL_LIMITS')).toMatchObject({ status: 'failure', cause: expect.stringContaining('2,000') });
  });

  it('an upgrade that was not finished', async () => {
    const [, series = ''] = /^(\d+\.\d)/.exec((await server.command({ buildInfo: 1 })).version) ?? [];
    const before = `${Number(series.split('.')[0]) - 1}.0`;
    const confirm = Number(series) >= 7 ? { confirm: true } : {};
    await server.command({ setFeatureCompatibilityVersion: before, ...confirm });
    try {
      const { of } = await diagnose({ MONGODB_URI: uri });
      expect(of('FCV')).toMatchObject({
        status: 'warning',
        cause: expect.stringContaining(`format of ${before}`),
      });
    } finally {
      await server.command({ setFeatureCompatibilityVersion: series, ...confirm });
    }
  });

  it('clocks that do not agree', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'clock-')), 'clock.mjs');
    await writeFile(file, 'const now = Date.now; Date.now = () => now() + 60_000;');
    const { of } = await diagnose({ MONGODB_URI: uri, NODE_OPTIONS: `--import=${file}` });
    expect(of('CLOCK_SKEW')).toMatchObject({
      status: 'warning',
      cause: expect.stringMatching(/1 min.* behind/),
    });
    await rm(join(file, '..'), { recursive: true });
  });

  it('a missing unique index, a changed validator and a missing index', async () => {
    const other = server.uri('other');
    const before = await diagnose({ MONGODB_URI: other });
    expect(before.of('INDEX_DRIFT')).toMatchObject({
      status: 'failure',
      cause: expect.stringContaining('contacts.email_1'),
    });
    expect(before.code).toBe(1);
    await runOps(['indexes', 'apply'], { MONGODB_URI: other });
    const client = await mongo.MongoClient.connect(other);
    await client.db('other').collection('contacts').dropIndex('name_1__id_1');
    await client.db('other').command({ collMod: 'contacts', validator: { email: { $type: 'string' } } });
    await client.close();
    const after = await diagnose({ MONGODB_URI: other });
    expect(after.of('INDEX_DRIFT')).toMatchObject({ status: 'warning' });
    expect(after.of('VALIDATOR_DRIFT')).toMatchObject({
      status: 'warning',
      cause: expect.stringContaining('contacts'),
    });
    expect(after.code).toBe(0);
  });

  it('members that are down, and a majority that is not there', async () => {
    const set = await ReplicaSet.start(3);
    try {
      const [first] = await set.secondaries();
      if (first) await set.kill(first);
      const oneDown = await diagnose({ MONGODB_URI: set.uri('app') });
      expect(oneDown.of('TCP')).toMatchObject({
        status: 'warning',
        cause: expect.stringContaining('1 of 3'),
      });
      const primary = await set.primary();
      const [second] = await set.secondaries().then((others) => others.filter(({ isRunning }) => isRunning));
      if (second) await set.kill(second);
      await waitUntil(async () => (await primary.command({ hello: 1 })).isWritablePrimary === false, 30_000);
      const twoDown = await diagnose({ MONGODB_URI: set.uri('app') });
      expectFailure(twoDown, 'TOPOLOGY', /No writable primary/, /rs\.status/);
    } finally {
      await set.stop();
    }
  });
});
