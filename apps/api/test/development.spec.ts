import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestReport } from '#diagnostics';
import { ApiProcess } from '../../../test/support/api-process.ts';
import { isListening } from '../src/embedded/mongod-admin.ts';

const PORT = 27017;

/** What `npm start` runs, in a folder of its own. A MongoDB that listens already is used, and nothing is written to it here. */
describe('the service in development', () => {
  let folder: string;
  let api: ApiProcess;
  const start = async () => {
    const started = await ApiProcess.start({ NODE_ENV: 'development' }, { cwd: folder });
    api = started;
    await started.until('/health/ready', 200);
    return started;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'development-'));
  });
  afterAll(async () => {
    await api?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('brings a MongoDB, says where things are, and keeps the data', async () => {
    if (await isListening(PORT)) {
      await start();
      expect(api.output).toMatch(/Using the MongoDB that runs on 127\.0\.0\.1:27017|of another application/);
      return;
    }
    await start();
    expect(api.output).toMatch(/Using mongod \d+\.\d+\.\d+ at .+ \(.+\)/);
    for (const line of [
      /Health .*\/health/,
      /MongoDB test .*\/mongodb-test/,
      /Metrics .*\/metrics/,
      /Data folder .*data\/embedded/,
    ]) {
      expect(api.output).toMatch(line);
    }
    expect((await stat(join(folder, 'data/embedded'))).isDirectory()).toBe(true);
    const first = (await (await api.request('/mongodb-test')).json()) as TestReport;
    expect(await api.stop()).toEqual({ code: 0, signal: null });
    expect(await isListening(PORT)).toBe(false);

    await start();
    const second = (await (await api.request('/mongodb-test')).json()) as TestReport;
    expect(second.recent.map(({ id }) => id)).toEqual([second.inserted?.id, first.inserted?.id]);
  });
});
