/** What every suite shares: ES modules, the libraries from their sources, one MongoDB server. */
export const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  setupFiles: ['<rootDir>/test/support/native-errors.ts', '<rootDir>/test/support/preload.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

/** @type {import('jest').Config} */
export default {
  ...base,
  testMatch: ['<rootDir>/{apps,libs,test}/**/*.spec.ts'],
  maxWorkers: 2,
  // Modules of specs that are over stay in memory, some 40 MB of each. Jest gives a worker 500 ms to end; to free 500 MB takes 300.
  workerIdleMemoryLimit: '400MB',
  // Ends what hangs; nothing is measured by it.
  testTimeout: 120_000,
};
