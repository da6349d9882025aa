import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runWatched, type WatchedRun } from './watched-run.ts';

const JEST = resolve(import.meta.dirname, '../../node_modules/jest/bin/jest.js');
const HAS_PROC = process.platform === 'linux';
const CLEAN = `it('is clean', () => {});`;
const CONFIG = { testEnvironment: 'node', transform: {}, maxWorkers: 2, cacheDirectory: './cache' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'specs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

/** Runs specs of these texts, each in a file of its own. */
async function run(...specs: string[]): Promise<WatchedRun> {
  specs.forEach((text, n) => writeFileSync(join(folder, `${n}.spec.js`), text));
  const config = JSON.stringify({ ...CONFIG, rootDir: folder, testMatch: ['**/*.spec.js'] });
  return runWatched(process.execPath, [JEST, `--config=${config}`], {
    cwd: folder,
    show: false,
    graceMs: 500,
  });
}

describe(runWatched, () => {
  it('finds nothing where nothing is left', async () => {
    expect(await run(CLEAN, CLEAN)).toEqual({ status: 0, unended: 0, files: [], processes: [] });
  });

  it('tells a failure', async () => {
    expect(await run(CLEAN, `it('fails', () => expect(1).toBe(2));`)).toMatchObject({ status: 1 });
  });

  (HAS_PROC ? it : it.skip)('finds a process that knows nothing of the folder, and ends it', async () => {
    const leak = `require('node:child_process').spawn('sleep', ['987'], { stdio: 'ignore', env: {} }).unref();`;
    const first = await run(CLEAN, `it('leaks', () => { ${leak} });`);
    expect(first).toEqual({ status: 0, unended: 0, files: [], processes: ['sleep 987'] });
  });

  (HAS_PROC ? it : it.skip)('finds a process with a session of its own, by its variables', async () => {
    const options = `{ stdio: 'ignore', detached: true }`;
    const leak = `require('node:child_process').spawn('sleep', ['986'], ${options}).unref();`;
    expect(await run(CLEAN, `it('leaks', () => { ${leak} });`)).toMatchObject({ processes: ['sleep 986'] });
  });

  it('tells that a worker had to be ended, for a timer', async () => {
    const leaks = await run(CLEAN, `it('leaks', () => void setInterval(() => {}, 1_000));`);
    expect(leaks).toEqual({ status: 0, unended: 1, files: [], processes: [] });
  });

  it('tells that Jest itself does not end, for a server, and ends it', async () => {
    const leaks = await run(
      `it('leaks', (done) => void require('node:net').createServer().listen(0, done));`,
    );
    expect(leaks).toEqual({ status: null, unended: 1, files: [], processes: [] });
  });

  it('finds a file', async () => {
    const file = `require('node:path').join(require('node:os').tmpdir(), 'left')`;
    const leaks = await run(CLEAN, `it('leaks', () => require('node:fs').writeFileSync(${file}, ''));`);
    expect(leaks).toMatchObject({ files: ['left'] });
  });
});
