import { ApiProcess } from '../../../test/support/api-process.ts';
import { expectFigure } from '../../../test/support/figures.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';

let server: MongodServer;
let api: ApiProcess;
beforeAll(async () => {
  server = await MongodServer.start();
});
afterEach(async () => api?.stop());
afterAll(() => server?.stop());

describe('a start that cannot succeed', () => {
  it('names every wrong variable at once and exits 78', async () => {
    api = ApiProcess.spawn({
      PORT: 'many',
      HEALTH_TIMEOUT_MS: '-1',
      MONGODB_URI: 'mongodb://127.0.0.1/app?poolSize=5',
    });
    expect((await api.exited).code).toBe(78);
    expect(api.output).toMatch(/PORT .*\n.*HEALTH_TIMEOUT_MS|HEALTH_TIMEOUT_MS .*\n.*PORT/s);
    expect(api.output).toContain('unknown option poolsize');
    expect(api.output).not.toContain('many');
  });

  it.each([
    ['an unknown option', 'mongodb://127.0.0.1/app?unknown=1'],
    ['a bad scheme', 'mongo://127.0.0.1/app'],
  ])('A13: ends within 3 s at %s, with one clear line', async (_, uri) => {
    const startedAt = performance.now();
    api = ApiProcess.spawn({ MONGODB_URI: uri });
    expect((await api.exited).code).toBe(78);
    expectFigure({
      row: 'A13',
      what: 'time to exit',
      value: performance.now() - startedAt,
      unit: 'ms',
      limit: 3_000,
    });
    expect(api.output.trim().split('\n')).toHaveLength(2);
  });

  it('says in one sentence that the port is in use, and exits 1', async () => {
    api = await ApiProcess.start({ MONGODB_URI: server.uri('process') });
    const port = new URL(api.url).port;
    const second = ApiProcess.spawn({ MONGODB_URI: server.uri('process'), PORT: port });
    expect((await second.exited).code).toBe(1);
    expect(second.output).toContain(
      `Port ${port} is in use: stop the program that listens there, or set PORT`,
    );
    expect(second.output).not.toContain('    at ');
  });
});
