import { readFile } from 'node:fs/promises';
import { MAX_STREAMS } from '../../apps/api/src/http/ndjson/stream-places.ts';
import { ApiProcess } from '../support/api-process.ts';
import { expectFigure } from '../support/figures.ts';
import { Prober, type Probe } from '../support/prober.ts';
import { readProductionStart } from '../support/production-start.ts';
import { TestDatabase } from '../support/test-database.ts';

const MIB = 1_048_576;
const LINE_BYTES = 262_000;
const BODIES = 100;
const BODIES_AT_ONCE = 10;
const PROBE_MS = 50;

let database: TestDatabase;
let api: ApiProcess;
beforeEach(async () => {
  database = await TestDatabase.start();
  const { flags, variables } = await readProductionStart();
  api = await ApiProcess.start({ MONGODB_URI: database.uri, ...variables }, { flags });
  await api.until('/health/startup', 200);
});
afterEach(async () => {
  await api?.stop();
  await database?.stop();
});

/** JSON of nearly so many bytes, and not more. */
function repeated(start: string, part: (n: number) => string, end: string, sizeBytes: number): Buffer {
  const parts: string[] = [];
  let length = start.length + end.length;
  for (let next = part(0); length + next.length < sizeBytes; next = part(parts.length)) {
    parts.push(next);
    length += next.length + 1;
  }
  return Buffer.from(`${start}${parts.join(',')}${end}`);
}

const LARGE: Record<string, (sizeBytes: number) => Buffer> = {
  'unknown names': (size) => repeated('{', (n) => `"${n.toString(36)}":1`, '}', size),
  'long unknown names': (size) => repeated('{', (n) => `"${n}${'x'.repeat(110)}":1`, '}', size),
  'a few names of 20 kB': (size) => repeated('{', (n) => `"${n}${'x'.repeat(20_000)}":1`, '}', size),
  'empty lists': (size) => repeated('{"tags":[', () => '[]', ']}', size),
  'lists of an object': (size) => repeated('{"tags":[', (n) => `{"${n}":1}`, ']}', size),
  'names of prototypes': (size) => repeated('{"tags":[', () => '{"constructor":1}', ']}', size),
  'half characters': (size) => repeated('{"tags":[', () => String.raw`"\ud83d"`, ']}', size),
};

it('A24: large bodies are refused, one after the other, and probes are answered meanwhile', async () => {
  const bodies = Object.values(LARGE).map((make) => make(MIB));
  const memory = await besideProbes('bodies of 1 MiB', async () => {
    const left = Array.from({ length: BODIES }, (_, n) => n);
    const send = async (): Promise<void> => {
      for (let n = left.pop(); n !== undefined; n = left.pop()) {
        const headers = {
          'content-type': 'application/json',
          ...(n % 2 && { 'idempotency-key': `key-${n}` }),
        };
        const answer = await api.request('/contacts', {
          method: 'POST',
          headers,
          body: bodies[n % bodies.length] ?? '',
        });
        expect([n, answer.status, (await answer.text()).length < 100_000]).toEqual([n, 400, true]);
      }
    };
    await Promise.all(Array.from({ length: BODIES_AT_ONCE }, send));
  });
  expectFigure({ row: 'A24', what: 'memory with bodies of 1 MiB', value: memory, unit: 'MB', limit: 350 });
});

it.each<[string, number, Buffer]>([
  ['2,500 unknown names', 1_000, repeated('{', (n) => `"${n}":1`, '}', 20_000)],
  ...Object.entries(LARGE).map(([what, make]): [string, number, Buffer] => [what, 40, make(LINE_BYTES)]),
  ['one digit', 20_000, Buffer.from('1')],
  ['nothing', 4_000_000, Buffer.alloc(0)],
  ['a carriage return', 2_000_000, Buffer.from('\r')],
])(
  'A24: imports of lines of %s are refused, and probes are answered meanwhile',
  async (what, lines, line) => {
    const body = Buffer.alloc(lines * (line.length + 1), Buffer.concat([line, Buffer.from('\n')]));
    const failed = line.toString().trim() === '' ? 0 : lines;
    const memory = await besideProbes(`imports of lines of ${what}`, async () => {
      const headers = { 'content-type': 'application/x-ndjson' };
      const imports = Array.from({ length: MAX_STREAMS }, async () => {
        const answer = await api.request('/contacts/import', { method: 'POST', headers, body });
        const text = await answer.text();
        expect([answer.status, JSON.parse(text)]).toMatchObject([200, { inserted: 0, failed }]);
        return text.length;
      });
      expect(Math.max(...(await Promise.all(imports)))).toBeLessThan(2 * MIB);
    });
    expectFigure({
      row: 'A24',
      what: `memory with ${MAX_STREAMS} imports of lines of ${what}`,
      value: memory,
      unit: 'MB',
      limit: 350,
    });
  },
);

/** Fails when a probe does, and when it is not the same process that answers afterwards. Resolves with its largest memory, in MB. */
async function besideProbes(what: string, load: () => Promise<void>): Promise<number> {
  const probers = ['/health/live', '/health/ready'].map((path) => new Prober(`${api.url}${path}`, PROBE_MS));
  let probes: Probe[];
  await longestPauseMs();
  try {
    await load();
  } finally {
    probes = (await Promise.all(probers.map(async (prober) => prober.stop()))).flat();
  }
  expect(api.isRunning).toBe(true);
  expect(probes.filter(({ status }) => status !== 200)).toEqual([]);
  const pause = await longestPauseMs();
  expectFigure({ row: 'A24', what: `longest pause beside ${what}`, value: pause, unit: 'ms', limit: 200 });
  const slowest = Math.max(...probes.map(({ elapsedMs }) => elapsedMs));
  expectFigure({
    row: 'A24',
    what: `slowest probe beside ${what}`,
    value: slowest,
    unit: 'ms',
    limit: 1_500,
  });
  const body = '{"email":"after@example.org"}';
  const headers = { 'content-type': 'application/json' };
  expect((await api.request('/contacts', { method: 'POST', headers, body })).status).toBe(201);
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${api.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}

/** Of the event loop of the service, since this was asked for the last time: the probes have that of the tests, which send the load, as well. */
async function longestPauseMs(): Promise<number> {
  const metrics = await (await api.request('/metrics')).text();
  return Number(/^nodejs_eventloop_lag_max_seconds(?:\{.*\})? (.+)$/m.exec(metrics)?.[1]) * 1_000;
}
