import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiProcess } from '../support/api-process.ts';
import { TestDatabase } from '../support/test-database.ts';
import { readText, ROOT } from './files.ts';

/** What the image takes from the build, from the root of the repository. */
const SHIPPED = [...readText('docker/Dockerfile').matchAll(/^COPY --from=build \/app\/(\S+) /gm)].map(
  ([, path = '']) => path,
);
const JSON_TYPE = { 'content-type': 'application/json' };

// An import that only a checkout can follow is found by nothing else: everywhere else the packages stand beside the bundle.
describe('the files of the image, without a package beside them', () => {
  let folder: string;
  let database: TestDatabase;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shipped-'));
    for (const path of ['package.json', ...SHIPPED])
      await cp(join(ROOT, path), join(folder, path), { recursive: true });
    database = await TestDatabase.start();
  });
  afterAll(async () => {
    await database?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('hold the licence of each package in them, with its text', async () => {
    const read = async (application: string) =>
      readFile(join(folder, `dist/apps/${application}/bundle/LICENSES.txt`), 'utf8');
    const [api, ops] = [await read('api'), await read('ops')];
    const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: Record<string, string> };
    for (const name of ['@nestjs/core', 'fastify'])
      expect(api).toContain(`${name} ${dependencies[name]}, MIT`);
    for (const text of [api, ops]) {
      expect(text).toMatch(/^mongodb \d+\.\d+\.\d+, Apache-2\.0\n\n *Apache License$/m);
      expect(text).toContain(`mongoose ${dependencies.mongoose}, MIT`);
    }
  });

  describe('the service', () => {
    let api: ApiProcess;
    beforeAll(async () => {
      const entry = join(folder, 'dist/apps/api/main.js');
      api = await ApiProcess.start(
        {
          MONGODB_URI: database.uri,
          MONGODB_INDEXES: 'build',
          DIAGNOSTICS_TOKEN: 'of-this-test-and-long-enough-for-it',
        },
        { entry, cwd: folder },
      );
      await api.until('/health/startup', 200);
    });
    afterAll(async () => {
      await api?.stop();
    });

    const send = async (method: string, path: string, body: object, headers = {}) =>
      api.request(path, { method, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) });
    const errorsOf = async (answer: Response) =>
      ((await answer.json()) as { errors?: { path: string; message: string }[] }).errors;

    it('knows the rules of every field, also of those that a class has from another', async () => {
      const created = await send('POST', '/contacts', { email: 'ada@example.org' });
      expect(created.status).toBe(201);
      const { id } = (await created.json()) as { id: string };
      const patched = await send('PATCH', `/contacts/${id}`, { name: 'Ada' }, { 'if-match': '*' });
      expect([patched.status, await patched.json()]).toEqual([200, expect.objectContaining({ name: 'Ada' })]);
      const refused = await send('PATCH', `/contacts/${id}`, { email: 'ada' }, { 'if-match': '*' });
      expect([refused.status, await errorsOf(refused)]).toEqual([
        400,
        [{ path: 'email', message: expect.stringContaining('address') }],
      ]);
      const listed = await api.request('/contacts?limit=1&sort=email&status=new');
      expect([listed.status, await listed.json()]).toEqual([
        200,
        expect.objectContaining({ data: [expect.objectContaining({ id })] }),
      ]);
      const odd = await api.request('/contacts?limit=many');
      expect([odd.status, await errorsOf(odd)]).toEqual([
        400,
        [{ path: 'limit', message: expect.stringContaining('must be') }],
      ]);
    });

    it('serves its pages with all of their files', async () => {
      for (const page of ['/docs', '/status']) {
        const html = await (await api.request(page)).text();
        const files = [...html.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, path = '']) => `/${path}`);
        expect(files.length).toBeGreaterThan(1);
        for (const path of files) expect([path, (await api.request(path)).status]).toEqual([path, 200]);
      }
    });

    it('describes itself as the checkout does', async () => {
      expect(await (await api.request('/docs-json')).json()).toEqual(
        JSON.parse(await readFile(join(ROOT, 'openapi.json'), 'utf8')),
      );
    });
  });

  describe('the command line', () => {
    const ops = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(folder, 'dist/apps/ops/main.js'), ...args],
        { cwd: folder, env: { PATH: process.env.PATH, MONGODB_URI: database.uri }, encoding: 'utf8' },
      );
      return { code: status, output: stdout + stderr };
    };

    it.each([
      ['backup', 'create', '--gzip', '--name', 'mine'],
      ['backup', 'verify', 'backups/mine', '--drill'],
    ])('runs %s %s', (...args) => {
      expect(ops(...args)).toMatchObject({ code: 0 });
    });

    it('runs what reads from the database', async () => {
      for (const args of ['doctor', 'stats', 'current-ops', 'indexes plan', 'upgrade-check']) {
        const { code, output } = ops(...args.split(' '));
        // 0 and 1 are verdicts; whatever is missing would end with another.
        expect([args, output, [0, 1].includes(code ?? -1)]).toEqual([args, output, true]);
      }
      expect(await readdir(join(folder, 'backups'))).toContain('mine');
    });
  });
});
