import { TestDatabase } from '../../../test/support/test-database.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { runOps, type Child } from './run-ops.ts';

describe('ops stats', () => {
  let database: TestDatabase;
  let environment: Record<string, string>;
  beforeAll(async () => {
    database = await TestDatabase.start();
    environment = { MONGODB_URI: database.uri };
    const people = database.db.collection('people');
    await people.insertMany(
      Array.from({ length: 1_200 }, (_, i) => ({ name: `Ada ${i}`, text: 'x'.repeat(200) })),
    );
    await people.createIndex({ name: 1 }, { unique: true });
    await people.findOne({ name: 'Ada 1' });
    await database.db.createCollection('adults', { viewOn: 'people', pipeline: [] });
    await database.db.createCollection('odd\u001b[2Jname\n');
  });
  afterAll(() => database?.stop());

  it('shows the collections with their sizes, and names nothing that could take over the terminal', async () => {
    const { code, stdout, stderr } = await runOps(['stats'], environment);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Database test_\w+: 1,200 documents in 2 collections, data \d+ kB, on disk/);
    expect(stdout).toMatch(/\nServer \d+\.\d+\.\d+, up .*connections \d+ of /);
    expect(stdout).toMatch(/\npeople +1,200 +\d+ B +\d+ kB +[\d.]+ \w?B +2 +[\d.]+ \w?B\n/);
    expect(stdout).toMatch(/\nadults \(view\) +- +- +- +- +- +-\n/);
    expect(stdout).toContain('odd\\x1b[2Jname\\x0a');
    expect(stdout).not.toContain('\u001b');
  });

  it('prints JSON for machines', async () => {
    const { stdout } = await runOps(['stats', '--json'], environment);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      database: { database: database.name, documents: 1_200, disk: { totalBytes: expect.any(Number) } },
      server: { version: expect.stringMatching(/^\d+\./), operations: { insert: expect.any(Number) } },
    });
    const people = report.collections.find(({ name }: { name: string }) => name === 'people');
    expect(people).toMatchObject({
      type: 'collection',
      documents: 1_200,
      indexes: 2,
      averageBytes: expect.any(Number),
    });
    expect(people.dataBytes).toBeGreaterThan(1_200 * 200);
  });

  it('shows one collection with its indexes and their use', async () => {
    const { code, stdout } = await runOps(['stats', '--collection', 'people'], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Collection people: 1,200 documents of \d+ B on average\n/);
    expect(stdout).toMatch(/\nname_1 +name: 1 +unique +[\d.]+ \w?B +1 +\d{4}-\d\d-\d\d/);
    const { indexes } = JSON.parse(
      (await runOps(['stats', '--collection', 'people', '--json'], environment)).stdout,
    );
    expect(indexes).toContainEqual(
      expect.objectContaining({ name: 'name_1', key: { name: 1 }, operations: 1 }),
    );
  });

  it.each([
    ['nobody', 'There is no collection nobody in this database'],
    ['adults', 'adults is a view and stores nothing'],
  ])('says what is wrong with the collection %s', async (name, message) => {
    const { code, stdout, stderr } = await runOps(['stats', '--collection', name], environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${message}\nNext step: .+\n$`));
  });

  it.each<[string, (child: Child) => unknown]>([
    ['Ctrl-C', (child) => child.kill('SIGINT')],
    ['nobody reads', (child) => child.stdout.destroy()],
  ])('watches until %s, which is its way to end', async (_name, whenItPrints) => {
    const args = ['stats', '--watch', '0.2', '--json'];
    const { code, stdout } = await runOps(args, environment, { whenItPrints });
    expect(code).toBe(0);
    expect(JSON.parse(stdout.split('\n')[0] ?? '')).toHaveProperty('at');
  });

  it('shows what a user without rights on the server may see', async () => {
    const server = await MongodServer.start({ auth: { username: 'root', password: 'a long root password' } });
    try {
      await server.command({
        createUser: 'app',
        pwd: 'a long password',
        roles: [{ role: 'readWrite', db: 'app' }],
      });
      const uri = server.uri('app').replace(/\/\/.*@/, '//app:a%20long%20password@');
      const { code, stdout } = await runOps(['stats'], { MONGODB_URI: uri });
      expect(code).toBe(0);
      expect(stdout).toContain('the role clusterMonitor may');
    } finally {
      await server.stop();
    }
  });
});
