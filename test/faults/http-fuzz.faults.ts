import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { ApiProcess } from '../support/api-process.ts';
import { expectFigure, percentile } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';

/** As the hooks write it. */
interface Answer {
  method: string;
  path: string;
  status: number;
  isDocumented: boolean;
  elapsedMs: number;
}

const HOOKS = { folder: resolve(import.meta.dirname, '../../apps/api/test'), name: 'openapi_hooks' };
/** Replaced by checks of the hooks, which know our codes. */
const REPLACED = ['positive_data_acceptance', 'negative_data_rejection', 'missing_required_header'];
// FUZZ_EXAMPLES sets how many inputs are made for each operation, FUZZ_SEED the seed that is printed with a failure.
const EXAMPLES = process.env.FUZZ_EXAMPLES ?? '700';
const SEED = process.env.FUZZ_SEED ?? String(Date.now() % 2 ** 31);
const FUZZING_MS = 900_000;

const schemathesis = findSchemathesis();
if (schemathesis === undefined) {
  process.stderr.write(
    'SKIPPED: the API is not fuzzed, since Schemathesis is not there: see docs/testing.md, or set SCHEMATHESIS\n',
  );
}
const describeWithSchemathesis = schemathesis === undefined ? describe.skip : describe;

describeWithSchemathesis('A31: inputs made of the API documentation (needs schemathesis)', () => {
  let server: MongodServer;
  let api: ApiProcess;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
    server = await MongodServer.start({ replSet: true });
    api = await ApiProcess.start({ NODE_ENV: 'development', MONGODB_URI: server.uri('fuzz') });
    await api.until('/health/startup', 200);
  });
  afterAll(async () => {
    await api?.stop();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'meet no error of the server and no answer that is not documented',
    async () => {
      const file = join(folder, 'answers.json');
      const { code, output } = await fuzz(`${api.url}/docs-json`, { cwd: folder, file });
      const answers = JSON.parse(await readFile(file, 'utf8')) as Answer[];
      const undocumented = answers.filter(({ isDocumented }) => !isDocumented);
      expect(undocumented.map(({ method, path, status }) => `${method} ${path}: ${status}`)).toEqual([]);
      const count = (what: string, value: number, limit: number, unit = '') =>
        expectFigure({ row: 'A31', what, value, unit, limit });
      expectFigure({
        row: 'A31',
        what: 'requests',
        value: answers.length,
        unit: '',
        limit: 5_000,
        atLeast: true,
      });
      count('answers of 5xx', answers.filter(({ status }) => status >= 500).length, 0);
      count('answers that are not documented', undocumented.length, 0);
      count(
        'p99',
        percentile(
          answers.map(({ elapsedMs }) => elapsedMs),
          0.99,
        ),
        250,
        'ms',
      );
      // Says which request was taken or refused against the documentation, with the seed.
      if (code !== 0) throw new Error(output);
      expect(api.isRunning).toBe(true);
    },
    FUZZING_MS,
  );
});

async function fuzz(
  url: string,
  { cwd, file }: { cwd: string; file: string },
): Promise<{ code: number | null; output: string }> {
  const args = ['run', url, '--max-examples', EXAMPLES, '--seed', SEED, '--continue-on-failure'];
  // The cases of a run are those of its seed, not of earlier runs. With several workers Python 3.11 fails by itself.
  args.push('--generation-database', 'none', '--workers', '1', '--no-color');
  args.push('--exclude-checks', REPLACED.join(','));
  const child = spawn(schemathesis ?? '', args, {
    cwd,
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: HOOKS.name,
      PYTHONPATH: HOOKS.folder,
      PYTHONDONTWRITEBYTECODE: '1',
      FUZZ_ANSWERS: file,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, output };
}

/** `SCHEMATHESIS`, else what is on the `PATH`. */
function findSchemathesis(): string | undefined {
  const { SCHEMATHESIS, PATH = '' } = process.env;
  const found = PATH.split(delimiter).map((place) => join(place, 'schemathesis'));
  return [...(SCHEMATHESIS === undefined ? [] : [SCHEMATHESIS]), ...found].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
