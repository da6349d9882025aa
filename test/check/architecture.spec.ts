import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');
const CONFIGURATION = ['package.json', 'tsconfig.json', '.dependency-cruiser.js', '.oxlintrc.json'];

/** A small project of the same layout, in which nothing is wrong. */
const CLEAN = {
  'libs/config/src/index.ts': `export { value } from './value.ts';`,
  'libs/config/src/value.ts': `export const value = process.env.VALUE;`,
  'libs/database/src/index.ts': `export { store } from './store.ts';`,
  'libs/database/src/store.ts': `import { value } from '#config';\nexport const store = value;`,
  'libs/health/src/index.ts': `export { health } from './health.ts';`,
  'libs/health/src/health.ts': `import { store } from '#database';\nimport { value } from '#config';\nexport const health = [store, value];`,
  'libs/diagnostics/src/index.ts': `export { probe } from './probe.ts';`,
  'libs/diagnostics/src/probe.ts': `import { store } from '#database';\nexport const probe = store;`,
  'apps/api/src/main.ts': `import { health } from '#health';\nimport { probe } from '#diagnostics';\nexport const api = [health, probe];`,
  'apps/api/src/embedded/server.ts': `export const home = process.env.HOME;\nexport const load = async () => import('mongodb-memory-server-core');`,
  'apps/ops/src/main.ts': `import { store } from '#database';\nexport const ops = store;`,
  'test/support/helper.ts': `export const helper = 1;`,
};

interface Violation {
  rule: { name: string };
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'architecture-'));
  await Promise.all(CONFIGURATION.map(async (file) => cp(join(ROOT, file), join(folder, file))));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeAll(CLEAN);
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

describe('the check of the direction', () => {
  it('passes a project that keeps to it', async () => {
    await expect(brokenRules()).resolves.toEqual([]);
  });

  it.each([
    ['config-knows-no-one', 'libs/config/src/bad.ts', `import { store } from '#database';`],
    ['database-knows-only-config', 'libs/database/src/bad.ts', `import { health } from '#health';`],
    [
      'database-knows-only-config',
      'libs/database/src/bad.ts',
      `import { api } from '../../../apps/api/src/main.ts';`,
    ],
    ['siblings-do-not-see-each-other', 'libs/health/src/bad.ts', `import { probe } from '#diagnostics';`],
    ['siblings-do-not-see-each-other', 'libs/diagnostics/src/bad.ts', `import { health } from '#health';`],
    [
      'siblings-do-not-see-each-other',
      'libs/health/src/bad.ts',
      `import { ops } from '../../../apps/ops/src/main.ts';`,
    ],
    ['apps-do-not-see-each-other', 'apps/ops/src/bad.ts', `import { api } from '../../api/src/main.ts';`],
    [
      'library-by-its-name',
      'apps/api/src/bad.ts',
      `import { store } from '../../../libs/database/src/store.ts';`,
    ],
    ['library-by-its-name', 'libs/health/src/bad.ts', `import { store } from '../../database/src/index.ts';`],
    ['no-own-index', 'libs/health/src/bad.ts', `import { health } from './index.ts';`],
    ['no-own-index', 'libs/health/src/deep/bad.ts', `import { health } from '#health';`],
    ['no-http-in-database', 'libs/database/src/bad.ts', `import type { FastifyRequest } from 'fastify';`],
    [
      'no-http-in-database',
      'libs/database/src/bad.ts',
      `import { FastifyAdapter } from '@nestjs/platform-fastify';`,
    ],
    ['no-tool-in-the-product', 'apps/api/src/bad.ts', `import pretty from 'pino-pretty';`],
    [
      'no-test-code-in-the-product',
      'apps/api/src/bad.ts',
      `import { helper } from '../../../test/support/helper.ts';`,
    ],
    ['only-declared-packages', 'libs/database/src/bad.ts', `import { MongoClient } from 'mongodb';`],
    ['no-unresolvable', 'apps/api/src/bad.ts', `import { nothing } from '#nothing';`],
  ])('finds %s in %s: %s', async (rule, file, code) => {
    await writeAll({ [file]: code });
    await expect(brokenRules()).resolves.toContain(rule);
  });

  it('finds a circle', async () => {
    await writeAll({
      'apps/api/src/a.ts': `import { b } from './b.ts';\nexport const a = () => b;`,
      'apps/api/src/b.ts': `import { a } from './a.ts';\nexport const b = () => a;`,
    });
    await expect(brokenRules()).resolves.toContain('no-circle');
  });
});

describe('the lint', () => {
  it('passes a project that keeps to it', async () => {
    await expect(findings()).resolves.toBe('');
  });

  it.each([
    ['no-process-env', 'libs/database/src/bad.ts', `export const bad = process.env.BAD;`],
    ['no-process-env', 'apps/api/src/bad.ts', `export const bad = process.env.BAD;`],
    ['no-restricted-imports', 'apps/ops/src/bad.ts', `export { env } from 'node:process';`],
    [
      'no-restricted-imports',
      'libs/database/src/bad.ts',
      `export { NotFoundException } from '@nestjs/common';`,
    ],
    ['no-restricted-imports', 'libs/database/src/bad.ts', `export { HttpException } from '@nestjs/common';`],
    ['no-default-export', 'libs/health/src/bad.ts', `const bad = 1;\nexport default bad;`],
    ['no-explicit-any', 'libs/health/src/bad.ts', `export const bad: any = 1;`],
    ['no-non-null-assertion', 'libs/health/src/bad.ts', `export const bad = (text?: string) => text!;`],
    [
      'no-floating-promises',
      'libs/health/src/bad.ts',
      `export function bad(): void {\n  Promise.resolve(1);\n}`,
    ],
    ['no-misused-promises', 'libs/health/src/bad.ts', `export const bad = [1].filter(async () => true);`],
    [
      'max-lines',
      'libs/health/src/bad.ts',
      'export const bad = 1;\n'.replace('bad', 'long') + '// …\n'.repeat(300),
    ],
  ])('finds %s in %s: %s', async (rule, file, code) => {
    await writeAll({ [file]: code });
    await expect(findings()).resolves.toContain(`${rule})`);
  });
});

async function writeAll(files: Record<string, string>): Promise<void> {
  await Promise.all(
    Object.entries(files).map(async ([file, code]) => {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), `${code}\n`);
    }),
  );
}

async function brokenRules(): Promise<string[]> {
  const cruise = [
    'dependency-cruiser/bin/dependency-cruise.mjs',
    '--output-type',
    'json',
    'apps',
    'libs',
    'test',
  ];
  const { summary } = JSON.parse(await run(cruise)) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ rule }) => rule.name);
}

async function findings(): Promise<string> {
  return run(['oxlint/bin/oxlint', '--type-aware', '--format', 'unix']);
}

/** A finding makes the tool fail: what it printed is the result all the same. */
async function run([file = '', ...args]: string[]): Promise<string> {
  const command = [join(ROOT, 'node_modules', file), ...args];
  try {
    return (await promisify(execFile)(process.execPath, command, { cwd: folder, maxBuffer: 64 * 1_048_576 }))
      .stdout;
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && error.stdout !== '') return String(error.stdout);
    throw error;
  }
}
