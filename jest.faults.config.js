import { base } from './jest.config.js';

/**
 * Suites that take servers away and measure: one after the other, so that they do not disturb each other's figures.
 *
 * @type {import('jest').Config}
 */
export default {
  ...base,
  testMatch: ['<rootDir>/{apps,libs,test}/**/*.faults.ts'],
  reporters: ['default', '<rootDir>/test/support/figures-reporter.ts'],
  maxWorkers: 1,
  testTimeout: 180_000,
};
