import { TestDatabase } from '../../../test/support/test-database.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { runOps } from './run-ops.ts';

/** Would run for a minute. */
const SLOW = { $where: 'sleep(60000) || true' };

describe('ops current-ops', () => {
  let database: TestDatabase;
  let environment: Record<string, string>;
  let slow: Promise<string>;
  beforeAll(async () => {
    database = await TestDatabase.start();
    environment = { MONGODB_URI: database.uri };
    await database.db.collection('people').insertOne({ name: 'Ada' });
    const query = database.db.collection('people').find(SLOW, { comment: 'slow one' }).toArray();
    slow = query.then(
      () => 'ended by itself',
      (error: Error) => error.message,
    );
  });
  afterAll(async () => {
    await database?.stop();
  });

  interface Row {
    id: string;
    namespace: string;
    seconds: number;
    command: string;
  }
  async function list(...args: string[]): Promise<Row[]> {
    const { stdout } = await runOps(['current-ops', '--json', ...args], environment);
    const { operations } = JSON.parse(stdout) as { operations: Row[] };
    return operations.filter(({ namespace }) => namespace === `${database.name}.people`);
  }

  it('shows what runs, with its command, and not itself', async () => {
    await waitUntil(async () => (await list()).length > 0);
    const { code, stdout } = await runOps(['current-ops'], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ID +FOR +KIND +COLLECTION +STATE +PLAN +COMMAND\n/);
    expect(stdout).toContain('sleep(60000)');
    expect(stdout).not.toContain('$currentOp');
  });

  it('leaves out the heartbeats of drivers unless asked for all', async () => {
    const shows = async (...args: string[]) =>
      (await runOps(['current-ops', ...args], environment)).stdout.includes('maxAwaitTimeMS');
    expect(await waitUntil(() => shows('--all'))).toBe(true);
    expect(await shows()).toBe(false);
  });

  it('shows only those that have run for so long', async () => {
    await waitUntil(async () => (await list('--min-seconds', '1')).length === 1);
    expect(await list('--min-seconds', '3600')).toEqual([]);
  });

  it('ends none without a question or --yes, and none that is not there', async () => {
    const [operation] = await list();
    const asked = await runOps(['current-ops', '--kill', operation?.id ?? ''], environment);
    expect(asked).toMatchObject({ code: 1, stdout: '' });
    expect(asked.stderr).toContain('sleep(60000)');
    expect(asked.stderr).toMatch(
      /There is no terminal to ask on, so nothing was ended\nNext step: add --yes/,
    );
    expect(await list()).toHaveLength(1);
    const unknown = await runOps(['current-ops', '--kill', '999999999', '--yes'], environment);
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^There is no operation 999999999\n/),
    });
  });

  it('leaves alone what the server runs for itself', async () => {
    const { stdout } = await runOps(['current-ops', '--all', '--json'], environment);
    const { operations } = JSON.parse(stdout) as { operations: (Row & { isOfClient: boolean })[] };
    const own = operations.find(({ isOfClient }) => !isOfClient);
    const { code, stderr } = await runOps(['current-ops', '--kill', own?.id ?? '', '--yes'], environment);
    expect(code).toBe(1);
    expect(stderr).toMatch(/runs this operation for itself|There is no operation/);
  });

  it('ends one and waits until it has ended', async () => {
    const [operation] = await list();
    const { code, stdout } = await runOps(
      ['current-ops', '--kill', operation?.id ?? '', '--yes'],
      environment,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Operation ${operation?.id} has ended\n` });
    expect(await slow).toContain('interrupted');
    expect(await list()).toEqual([]);
  });

  it.each([
    ['--min-seconds', 'soon'],
    ['--yes', '--json'],
    ['--kill', '1', '--watch'],
  ])('refuses %s %s', async (...args) => {
    expect(await runOps(['current-ops', ...args], environment)).toMatchObject({ code: 2, stdout: '' });
  });
});
