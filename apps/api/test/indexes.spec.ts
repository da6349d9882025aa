import { TestApplication } from '../../../test/support/application.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

let database: TestDatabase;
let api: TestApplication;
beforeEach(async () => {
  database = await TestDatabase.start();
});
afterEach(async () => {
  await api?.stop();
  await database?.stop();
});

async function indexesOf(policy: string): Promise<unknown> {
  api = await TestApplication.start({ MONGODB_URI: database.uri, MONGODB_INDEXES: policy });
  await api.until('/health/startup', 200);
  const answer = await api.request('/health/ready');
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { info: { indexes: unknown } }).info.indexes;
}

async function namesInDatabase(): Promise<string[]> {
  const indexes = await database.db
    .collection('contacts')
    .indexes()
    .catch(() => []);
  return indexes.flatMap(({ name }) => name ?? []);
}

it('are built at start where that is the policy', async () => {
  expect(await indexesOf('build')).toEqual({ status: 'up', state: 'complete' });
  expect(await namesInDatabase()).toContain('email_1');
});

it('are never built where they are only checked, and readiness says that a unique one is missing', async () => {
  expect(await indexesOf('check')).toEqual({
    status: 'up',
    state: 'incomplete',
    message: expect.stringContaining('required unique index'),
  });
  expect(await namesInDatabase()).not.toContain('email_1');
});

it('are left alone where nobody looks', async () => {
  expect(await indexesOf('off')).toEqual({ status: 'up', state: 'off' });
});
