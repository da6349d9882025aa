/** A small project of the same layout, in which nothing is wrong. */
export const CLEAN: Record<string, string> = {
  'libs/config/src/index.ts': `export { value } from './value.ts';`,
  'libs/config/src/value.ts': `export const value = process.env.VALUE;`,
  'libs/database/src/index.ts': `export { store } from './store.ts';`,
  'libs/database/src/store.ts': `import { value } from '#config';\nexport const store = value;`,
  'libs/health/src/index.ts': `export { health } from './health.ts';`,
  'libs/health/src/health.ts': `import { store } from '#database';\nexport const health = store;`,
  'libs/diagnostics/src/index.ts': `export { probe } from './probe.ts';`,
  'libs/diagnostics/src/probe.ts': `import { store } from '#database';\nexport const probe = store;`,
  'apps/api/src/main.ts': `import { health } from '#health';\nexport const api = health;`,
  'apps/api/src/embedded/server.ts': `export const load = async () => import('mongodb-memory-server-core');\nexport const home = process.env.HOME;`,
  'apps/ops/src/main.ts': `import { probe } from '#diagnostics';\nexport const ops = probe;`,
  'test/support/helper.ts': `export const helper = 1;`,
};

type Fault = [rule: string, file: string, code: string];

/** What the direction check must find, each in a file of its own. */
export const WRONG_ARROWS: Fault[] = [
  ['config-knows-no-one', 'libs/config/src/a.ts', `export * from '#database';`],
  ['database-knows-only-config', 'libs/database/src/a.ts', `export * from '#health';`],
  ['database-knows-only-config', 'libs/database/src/b.ts', `export * from '../../../apps/api/src/main.ts';`],
  ['siblings-do-not-see-each-other', 'libs/health/src/a.ts', `export * from '#diagnostics';`],
  ['siblings-do-not-see-each-other', 'libs/diagnostics/src/a.ts', `export * from '#health';`],
  [
    'siblings-do-not-see-each-other',
    'libs/health/src/b.ts',
    `export * from '../../../apps/ops/src/main.ts';`,
  ],
  ['apps-do-not-see-each-other', 'apps/ops/src/a.ts', `export * from '../../api/src/main.ts';`],
  ['library-by-its-name', 'apps/api/src/a.ts', `export * from '../../../libs/database/src/store.ts';`],
  ['library-by-its-name', 'libs/health/src/c.ts', `export * from '../../database/src/index.ts';`],
  ['no-own-index', 'libs/health/src/d.ts', `export * from './index.ts';`],
  ['no-own-index', 'libs/health/src/deep/a.ts', `export * from '../index.ts';`],
  ['no-own-index', 'libs/health/src/e.ts', `export * from '#health';`],
  ['no-http-in-database', 'libs/database/src/c.ts', `export type { FastifyRequest } from 'fastify';`],
  ['no-http-in-database', 'libs/database/src/d.ts', `export * from '@nestjs/platform-fastify';`],
  ['no-tool-in-the-product', 'apps/api/src/b.ts', `export * from 'pino-pretty';`],
  ['no-test-code-in-the-product', 'apps/api/src/c.ts', `export * from '../../../test/support/helper.ts';`],
  ['only-declared-packages', 'libs/database/src/e.ts', `export * from 'bson';`],
  ['no-unresolvable', 'apps/api/src/d.ts', `export * from '#nothing';`],
  ['no-circle', 'apps/api/src/e.ts', `export * from './e.ts';`],
];

/** What the lint must find, each in a file of its own. */
export const LINT_FAULTS: Fault[] = [
  ['no-process-env', 'libs/database/src/l1.ts', `export const bad = process.env.BAD;`],
  ['no-process-env', 'apps/api/src/l1.ts', `export const bad = process.env.BAD;`],
  ['no-restricted-imports', 'apps/ops/src/l2.ts', `export { env } from 'node:process';`],
  ['no-restricted-imports', 'libs/database/src/l2.ts', `export { env } from 'node:process';`],
  ['no-restricted-imports', 'libs/database/src/l3.ts', `export { NotFoundException } from '@nestjs/common';`],
  ['no-restricted-imports', 'libs/database/src/l4.ts', `import { HttpException } from '@nestjs/common';`],
  ['no-default-export', 'libs/health/src/l1.ts', `const bad = 1;\nexport default bad;`],
  ['no-explicit-any', 'libs/health/src/l2.ts', `export const bad: any = 1;`],
  ['no-non-null-assertion', 'libs/health/src/l3.ts', `export const bad = (text?: string) => text!;`],
  [
    'no-floating-promises',
    'libs/health/src/l4.ts',
    `export function bad(): void {\n  Promise.resolve(1);\n}`,
  ],
  ['no-misused-promises', 'libs/health/src/l5.ts', `export const bad = [1].filter(async () => true);`],
  [
    'max-lines',
    'libs/health/src/l6.ts',
    `let bad = 0;\n${'bad += 1;\n'.repeat(300)}export const count = bad;`,
  ],
];
