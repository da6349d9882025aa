import { base } from './jest.config.js';

/** Part of the ordinary tests, because they take seconds; of these only what is named after a row. */
const SPECS_WITH_ROWS = [
  'apps/api/test/{contacts-attacks,contacts-limits,errors,errors-table,guard-evasion,input-limits,input-values,mongodb-test,overload,process,shutdown,trusted-proxies}.spec.ts',
  'libs/config/src/environment.spec.ts',
  'libs/database/src/repository/repository.property.spec.ts',
  'test/containers/*.spec.ts',
  'test/ops/credentials.spec.ts',
  'test/supply/*.spec.ts',
];

/**
 * Suites that take servers away and measure: one after the other, so that they do not disturb each other's figures.
 *
 * @type {import('jest').Config}
 */
export default {
  ...base,
  testMatch: ['{apps,libs,test}/**/*.faults.ts', ...SPECS_WITH_ROWS].map((path) => `<rootDir>/${path}`),
  reporters: ['default', '<rootDir>/test/support/figures-reporter.ts'],
  maxWorkers: 1,
  testTimeout: 180_000,
};
