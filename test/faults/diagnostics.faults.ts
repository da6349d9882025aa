import { ApiProcess } from '../support/api-process.ts';
import { expectFigure } from '../support/figures.ts';
import { TestDatabase } from '../support/test-database.ts';

const TOKEN = 'a-token-of-32-characters-for-tests';
const AUTHORIZED = { headers: { authorization: `Bearer ${TOKEN}` } };

let database: TestDatabase;
let api: ApiProcess;
beforeEach(async () => {
  database = await TestDatabase.start();
});
afterEach(async () => {
  await api?.stop();
  await database?.stop();
});

async function start(ratePerMinute: number): Promise<void> {
  api = await ApiProcess.start({
    MONGODB_URI: database.uri,
    DIAGNOSTICS_TOKEN: TOKEN,
    DIAGNOSTICS_RATE_PER_MINUTE: String(ratePerMinute),
  });
  await api.until('/health/startup', 200);
}

const countDocuments = async (): Promise<number> => database.db.collection('test_documents').countDocuments();

it('A28: 200 calls in a second insert what the limit allows, HEAD and OPTIONS neither count nor insert', async () => {
  await start(10);
  for (const [method, status] of [
    ['HEAD', 200],
    ['OPTIONS', 204],
  ] as const) {
    const answer = await api.request('/mongodb-test', { method, ...AUTHORIZED });
    expect([method, answer.status, await countDocuments()]).toEqual([method, status, 0]);
  }
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => api.request('/mongodb-test', AUTHORIZED)),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true);
  expect(answers.length - refused.length).toBe(10);
  expectFigure({
    row: 'A28',
    what: 'documents after 200 calls',
    value: await countDocuments(),
    unit: '',
    limit: 10,
  });
});

it('A29: 10,000 permitted calls leave at most 1,000 documents', async () => {
  await start(100_000);
  for (let i = 0; i < 100; i += 1) {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => api.request('/mongodb-test', AUTHORIZED)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  }
  expectFigure({
    row: 'A29',
    what: 'documents after 10,000 calls',
    value: await countDocuments(),
    unit: '',
    limit: 1_000,
  });
});
