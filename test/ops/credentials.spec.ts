import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { createSource } from '../../apps/ops/test/import-sqlite/odd-source.ts';
import { runOps, type Outcome } from '../../apps/ops/test/run-ops.ts';
import { ApiProcess } from '../support/api-process.ts';
import { expectFigure } from '../support/figures.ts';
import { freePort } from '../support/free-port.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { formsOfSecret } from './forms-of-secret.ts';

const SECRET = 'pa55/w:rd@with%signs';
const TOKEN = 'a-token-of-32-characters-for-tests';
const CREDENTIALS = { MONGODB_USERNAME: 'root', MONGODB_PASSWORD: SECRET };
/** In another environment the parts of the connection are not looked at. */
const SERVICE = {
  NODE_ENV: 'production',
  ...CREDENTIALS,
  DIAGNOSTICS_TOKEN: TOKEN,
  DIAGNOSTICS_RATE_PER_MINUTE: '1000',
  LOG_LEVEL: 'trace',
};
const AUTHORIZED = { headers: { authorization: `Bearer ${TOKEN}` } };
const BASIC = Buffer.from(`root:${SECRET}`).toString('base64');
const PATHS = [
  '/health',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/status',
  '/status/data',
  '/mongodb-test',
  '/contacts',
  '/contacts?cursor=x',
  '/contacts/no-id',
  '/contacts/export',
  '/docs',
  '/docs-json',
];
/** Every command that may connect, with its exit code where the database is there, and where it is not or lets nobody in. */
const COMMANDS: [command: string, code: number, codeWithout: number][] = [
  ['test-connection', 0, 69],
  ['stats --json', 0, 69],
  ['current-ops --all --json', 0, 69],
  ['indexes plan', 1, 69],
  ['indexes apply', 0, 69],
  ['doctor --json', 0, 69],
  ['upgrade-check', 0, 69],
  ['backup create --name second', 0, 69],
  ['backup list', 0, 0],
  ['backup verify backups/first --drill', 0, 69],
  ['backup prune --dry-run', 0, 0],
  ['restore backups/first --to copy', 0, 69],
  ['restore backups/first --drop', 0, 69],
  ['import-sqlite app.db', 0, 69],
];
const HAS_PROC = process.platform === 'linux';

let folder: string;
let api: ApiProcess;
let locked: MongodServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  createSource(join(folder, 'app.db'), 'CREATE TABLE people (name TEXT); INSERT INTO people VALUES (1)');
});
afterEach(async () => {
  await api?.stop();
  await locked?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('A26: a secret is in no byte of what is printed and answered while the database is absent', async () => {
  const environment = { ...SERVICE, MONGODB_HOST: `127.0.0.1:${await freePort()}` };
  api = await ApiProcess.start(environment);
  await api.until('/health', 503);
  await expectSilence(503);
});

it('A26: a secret is in no byte of what is printed and answered while the database is there, or killed', async () => {
  locked = await MongodServer.start({ auth: { username: 'root', password: SECRET } });
  const environment = { ...SERVICE, MONGODB_HOST: `127.0.0.1:${locked.port}` };
  api = await ApiProcess.start(environment);
  await api.until('/health/ready', 200);
  await expectQuietAnswers(200);
  await backUp(environment);
  await expectQuietCommands(environment, true);
  await expectQuietFiles();
  await locked.kill();
  await api.until('/health', 503);
  await expectSilence(503);
  await expectQuietCommands({ ...environment, MONGODB_SERVER_SELECTION_TIMEOUT_MS: '500' }, false);
});

it('A12, A26: a wrong password is named as such, and is in no byte of what is printed and answered', async () => {
  const password = 'another long password';
  locked = await MongodServer.start({ auth: { username: 'root', password } });
  const environment = {
    ...SERVICE,
    MONGODB_HOST: `127.0.0.1:${locked.port}`,
    MONGODB_ALLOW_NO_AUTH: 'false',
  };
  const startedAt = performance.now();
  api = await ApiProcess.start(environment);
  const named = async (): Promise<boolean> =>
    (await (await api.request('/health/ready')).text()).includes('authentication failed');
  while (!(await named()) && performance.now() - startedAt < 10_000) await sleep(20);
  const elapsedMs = performance.now() - startedAt;
  expect((await api.request('/health/ready')).status).toBe(503);
  expectFigure({
    row: 'A12',
    what: 'cause named after the start',
    value: elapsedMs,
    unit: 'ms',
    limit: 2_000,
  });
  await api.request('/mongodb-test?token=' + encodeURIComponent(SECRET), AUTHORIZED);
  await expectSilence(503);
  expect(api.output).toContain('Authentication failed');
  await backUp({ ...environment, MONGODB_PASSWORD: password });
  await expectQuietCommands(environment, false);
});

/** Of the answers, and of all that the service prints until it has ended. */
async function expectSilence(status: number): Promise<void> {
  await expectQuietAnswers(status);
  await api.stop();
  expectNoTrace(api.output);
}

/** @param status - Of the test of the database, which so has been reached, or looked for */
async function expectQuietAnswers(status: number): Promise<void> {
  for (const path of PATHS) {
    const answer = await api.request(path, AUTHORIZED);
    expect([path, answer.status]).toEqual([path, path === '/mongodb-test' ? status : expect.any(Number)]);
    expect([path, answer.status]).not.toEqual([path, 404]);
    await expectQuiet(answer);
  }
  const basic = { headers: { authorization: `Basic ${BASIC}` } };
  const refused = await api.request(`/mongodb-test?password=${encodeURIComponent(SECRET)}`, basic);
  expect(refused.status).toBe(401);
  await expectQuiet(refused);
  await expectQuiet(await api.request('/contacts', { method: 'POST', body: SECRET, ...AUTHORIZED }));
  if (HAS_PROC) expectNoTrace(await readFile(`/proc/${api.pid}/cmdline`, 'utf8'));
}

async function expectQuiet(answer: Response): Promise<void> {
  expectNoTrace(JSON.stringify([...answer.headers]) + (await answer.text()));
}

/** Makes the backup that others of the commands are about. */
async function backUp(environment: Record<string, string>): Promise<void> {
  const { code, stderr } = await runOps(['backup', 'create', '--name', 'first'], environment, {
    cwd: folder,
  });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
}

async function expectQuietCommands(environment: Record<string, string>, isThere: boolean): Promise<void> {
  for (const [command, code, codeWithout] of COMMANDS) {
    const outcome = await watched(runOps(command.split(' '), environment, { cwd: folder }));
    const printed = outcome.stdout + outcome.stderr;
    expect([command, printed]).not.toEqual([command, '']);
    expect([command, outcome.code, printed]).toEqual([command, isThere ? code : codeWithout, printed]);
    expectNoTrace(printed);
  }
}

/** Looks meanwhile at the arguments of every process: those that the command starts are among them. */
async function watched(command: Promise<Outcome>): Promise<Outcome> {
  let outcome: Outcome | undefined;
  while (outcome === undefined) {
    const pids = HAS_PROC ? (await readdir('/proc')).filter((name) => /^\d+$/.test(name)) : [];
    for (const pid of pids) expectNoTrace(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    outcome = await Promise.race([command, sleep(100, undefined)]);
  }
  return outcome;
}

/** The backups, with their manifests and proofs. */
async function expectQuietFiles(): Promise<void> {
  const entries = await readdir(join(folder, 'backups'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toContain('manifest.json');
  for (const { parentPath, name } of files) {
    const content = await readFile(join(parentPath, name));
    expectNoTrace((name.endsWith('.gz') ? gunzipSync(content) : content).toString('latin1'));
  }
}

function expectNoTrace(text: string): void {
  for (const form of [...formsOfSecret(SECRET), TOKEN]) expect(text).not.toContain(form);
}
