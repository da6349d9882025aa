import { TestDatabase } from '../../../test/support/test-database.ts';
import { runOps } from './run-ops.ts';

describe('ops indexes', () => {
  let database: TestDatabase;
  let environment: Record<string, string>;
  beforeAll(async () => {
    database = await TestDatabase.start();
    environment = { MONGODB_URI: database.uri };
  });
  afterAll(() => database?.stop());

  const names = async () => (await database.db.collection('contacts').indexes()).map(({ name }) => name);

  it('plans what the schemas of the service declare, builds it, and has nothing left to do', async () => {
    const before = await runOps(['indexes', 'plan'], environment);
    expect(before.code).toBe(1);
    expect(before.stdout).toMatch(
      /\ncontacts\.email_1 +missing +email: 1 +will be built; duplicates are not refused now\n/,
    );
    expect(before.stdout).toMatch(/\nNext step: ops indexes apply\n$/);
    const applied = await runOps(['indexes', 'apply'], environment);
    expect(applied).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Done: \d+ steps\n$/) });
    expect(applied.stderr).toContain('build contacts.email_1: done\n');
    expect(await names()).toContain('email_1');
    const after = await runOps(['indexes', 'plan'], environment);
    expect(after).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Every declared index is in place: \d+\n$/),
    });
    const again = await runOps(['indexes', 'apply'], environment);
    expect(again).toMatchObject({ code: 0, stdout: 'Nothing to do: every declared index is in place\n' });
  });

  it('shows extra indexes with their use, and drops only the one that is named', async () => {
    const contacts = database.db.collection('contacts');
    await contacts.createIndexes([
      { key: { legacy: 1 }, name: 'legacy_1' },
      { key: { older: 1 }, name: 'older_1' },
    ]);
    const plan = await runOps(['indexes', 'plan'], environment);
    expect(plan).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /contacts\.legacy_1 +extra +legacy: 1 +declared by no schema, used 0 times since \d{4}-/,
      ),
    });
    const { code, stdout } = await runOps(
      ['indexes', 'apply', '--json', '--drop', 'contacts.legacy_1'],
      environment,
    );
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events[0]).toEqual({
      event: 'step',
      collection: 'contacts',
      index: 'legacy_1',
      action: 'drop',
      outcome: 'done',
    });
    expect(events.at(-1)).toEqual({ event: 'result', isComplete: true, done: 1, failed: 0, skipped: 0 });
    expect(await names()).not.toContain('legacy_1');
    expect(await names()).toContain('older_1');
  });

  it('names the fields of duplicates that a unique index meets, and exits 1', async () => {
    const contacts = database.db.collection('contacts');
    await contacts.dropIndex('email_1');
    await contacts.insertMany([{ email: 'ada@example.org' }, { email: 'ada@example.org' }]);
    const { code, stdout, stderr } = await runOps(['indexes', 'apply'], environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'Not complete: 0 done, 1 failed, 0 skipped\n' });
    expect(stderr).toMatch(/^build contacts\.email_1: failed: .*\(email\)\n$/);
    expect(stderr).not.toContain('ada@');
  });
});
