import { mongo } from 'mongoose';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { nextMajor, seriesName } from '../src/upgrade-check/versions.ts';
import { runOps } from './run-ops.ts';

describe('ops upgrade-check', () => {
  let server: MongodServer;
  let environment: Record<string, string>;
  let version: string;
  beforeAll(async () => {
    server = await MongodServer.start();
    environment = { MONGODB_URI: server.uri('app') };
    ({ version } = await server.command({ buildInfo: 1 }));
  });
  afterAll(() => server?.stop());

  it('names the next version and the steps of a standalone', async () => {
    const { code, stdout } = await runOps(['upgrade-check', '--json'], environment);
    expect(code).toBe(0);
    const plan = JSON.parse(stdout);
    const next = nextMajor(version);
    expect(plan).toMatchObject({ version, topology: 'standalone', next, blockers: [] });
    if (next !== null) {
      expect(plan.steps.join('\n')).toMatch(
        /ops backup create[\s\S]*stop mongodb[\s\S]*mongo:[\s\S]*up -d mongodb[\s\S]*ops doctor[\s\S]*setFeatureCompatibilityVersion/,
      );
    }
  });

  it('serves a user who may only read and write, also beside a view and a time series', async () => {
    const root = { username: 'root', password: 'a long root password' };
    const locked = await MongodServer.start({ auth: root });
    try {
      const client = await new mongo.MongoClient(locked.uri()).connect();
      const db = client.db('app');
      await db.createCollection('rows');
      await db.createCollection('view', { viewOn: 'rows', pipeline: [] });
      await db.createCollection('readings', { timeseries: { timeField: 'at' } });
      await client.db('admin').command({
        createUser: 'app',
        pwd: 'a long app password',
        roles: [{ role: 'readWrite', db: 'app' }],
      });
      await client.close();
      const uri = `mongodb://app:a%20long%20app%20password@127.0.0.1:${locked.port}/app?authSource=admin`;
      const { code, stdout } = await runOps(['upgrade-check', '--json'], { MONGODB_URI: uri });
      expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ version })]);
    } finally {
      await locked.stop();
    }
  });

  it('refuses to go on from an upgrade that was not finished', async () => {
    const series = seriesName(version);
    const before = `${Number(series.split('.')[0]) - 1}.0`;
    const confirm = Number(series) >= 7 ? { confirm: true } : {};
    await server.command({ setFeatureCompatibilityVersion: before, ...confirm });
    try {
      const { code, stdout } = await runOps(['upgrade-check'], environment);
      expect(code).toBe(1);
      expect(stdout).toContain(
        `FCV_BEHIND: The last upgrade is not finished: the data are in the format of ${before}`,
      );
      expect(stdout).toContain(`setFeatureCompatibilityVersion: "${series}"`);
    } finally {
      await server.command({ setFeatureCompatibilityVersion: series, ...confirm });
    }
  });
});
