import { ApiProcess, ENTRY } from '../../../test/support/api-process.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

let database: TestDatabase;
let api: ApiProcess;
beforeAll(async () => {
  database = await TestDatabase.start();
});
afterEach(() => api?.stop());
afterAll(() => database?.stop());

describe.each(Object.entries(ENTRY))('the %s service', (_, entry) => {
  it('serves, and exits 0 at SIGTERM and at SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      api = await ApiProcess.start({ MONGODB_URI: database.uri }, { entry });
      await api.until('/health/ready', 200);
      api.signal(signal);
      expect(await api.exited).toEqual({ code: 0, signal: null });
    }
  });

  it('logs who says what, and of a start only what concerns its operator', async () => {
    api = await ApiProcess.start({ MONGODB_URI: database.uri }, { entry });
    await api.until('/health/ready', 200);
    await api.stop();
    const contexts = [...api.output.matchAll(/"context":"(\w+)"/g)].map(([, context]) => context);
    expect(new Set(contexts)).toEqual(new Set(['DatabaseConnection', 'HealthSampler', 'IndexKeeper']));
  });
});
