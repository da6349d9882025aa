import { globSync } from 'node:fs';
import { readProductionStart } from '../support/production-start.ts';
import { dockerIgnore } from './dockerignore.ts';
import { readText, ROOT } from './files.ts';

const dockerfile = readText('docker/Dockerfile');
const stages = dockerfile.split(/^(?=FROM )/m).filter((stage) => stage.startsWith('FROM '));
const final = stages.at(-1) ?? '';

describe('docker/Dockerfile', () => {
  it('builds and runs on the same slim Node 24', () => {
    expect(stages.map((stage) => /^FROM (\S+)/.exec(stage)?.[1])).toEqual(
      Array(2).fill('node:24-bookworm-slim'),
    );
  });

  it('gives Node and malloc the memory that `npm run start:prod` gives them', async () => {
    const { flags, variables } = await readProductionStart();
    expect(flags.length).toBeGreaterThan(1);
    expect(final).toContain(`NODE_OPTIONS="${flags.join(' ')}"`);
    for (const [name, value] of Object.entries(variables)) expect(final).toContain(`${name}=${value}`);
  });

  it('A45: runs as a numbered user that is not root', () => {
    expect(final).toMatch(/^USER 1000:1000$/m);
  });

  it('A45: asks /health/live, which knows nothing of the database', () => {
    expect(final).toMatch(/^HEALTHCHECK [^\n]*\\\n {2}CMD \["node", "healthcheck\.js", "\/health\/live"\]$/m);
  });

  it('starts Node itself as process 1, so that signals reach it', () => {
    expect(final).toMatch(/^CMD \["node", "dist\/apps\/api\/main\.js"\]$/m);
    expect(final).not.toContain('ENTRYPOINT');
  });

  it('takes from the build nothing but the bundles and what loads them', () => {
    const copied = [...final.matchAll(/^COPY --from=build (\S+) /gm)].map(([, path]) => path);
    expect(new Set(copied)).toEqual(
      new Set(
        ['api', 'ops'].flatMap((name) => [`/app/dist/apps/${name}/bundle`, `/app/dist/apps/${name}/main.js`]),
      ),
    );
    expect(final).not.toMatch(/^RUN .*npm/m);
  });

  it('installs before it copies the sources, so that a change of them keeps that layer', () => {
    const [build = ''] = stages;
    expect(build.indexOf('npm ci')).toBeGreaterThan(0);
    expect(build.indexOf('npm ci')).toBeLessThan(build.indexOf('COPY apps'));
  });
});

describe('.dockerignore', () => {
  const { enters } = dockerIgnore(readText('.dockerignore'));

  it.each([
    '.env',
    '.env.production',
    'apps/api/.env',
    'libs/config/src/.env.local',
    'data/mongodb/WiredTiger',
    'data/README.md',
    'backups/mongodb-20261123-120000/WiredTiger',
    'docker/secrets/mongo_root_password',
    'deploy/kubernetes/overlays/embedded/secrets/mongodb_password',
    '.git/config',
    'node_modules/mongoose/package.json',
    'dist/apps/api/main.js',
    'reports/jest.json',
    'apps/api/test/health.spec.ts',
    'libs/database/src/document-store.spec.ts',
    'docker-compose.prod.yml',
  ])('keeps %s out', (path) => {
    expect(enters(path)).toBe(false);
  });

  it('lets in what the Dockerfile copies', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect([path, enters(path)]).toEqual([path, true]);
  });

  it('lets in sources and the settings of the build, and nothing else of this checkout', () => {
    const files = globSync('**', {
      cwd: ROOT,
      withFileTypes: true,
      exclude: (entry) =>
        ['node_modules', '.git', 'dist'].includes(typeof entry === 'string' ? entry : entry.name),
    })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(ROOT.length + 1));
    const entering = files.filter(enters);
    expect(entering).toContain('apps/api/src/main.ts');
    const isExpected =
      /^(?:(?:apps|libs|tools)\/|(?:package(?:-lock)?|tsconfig(?:\.build)?)\.json$|\.npmrc$|docker\/healthcheck\.js$)/;
    expect(entering.filter((file) => !isExpected.test(file))).toEqual([]);
    expect(entering.filter((file) => /\.(?:spec|faults)\.ts$|(?:^|\/)\.env/.test(file))).toEqual([]);
  });
});
