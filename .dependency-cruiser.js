/**
 * The direction of docs: apps → health, diagnostics → database → config. An arrow may skip steps; it never turns back.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    {
      name: 'config-knows-no-one',
      severity: 'error',
      from: { path: '^libs/config/' },
      to: { path: '^(apps|libs)/', pathNot: '^libs/config/' },
    },
    {
      name: 'database-knows-only-config',
      severity: 'error',
      from: { path: '^libs/database/' },
      to: { path: '^(apps|libs)/', pathNot: '^libs/(database|config)/' },
    },
    {
      name: 'siblings-do-not-see-each-other',
      comment: 'Health and diagnostics know database and config',
      severity: 'error',
      from: { path: '^libs/(health|diagnostics)/' },
      to: { path: '^(apps|libs)/', pathNot: '^libs/($1|database|config)/' },
    },
    {
      name: 'apps-do-not-see-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'library-by-its-name',
      comment: 'A library is used as #name, which is its index.ts',
      severity: 'error',
      from: { path: '^(?:apps|libs)/([^/]+)/' },
      to: { path: '^libs/', pathNot: '^libs/$1/', dependencyTypesNot: ['aliased-subpath-import'] },
    },
    {
      name: 'no-own-index',
      comment: 'Inside a library, import the file itself: the index would close a circle',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/$1/src/index\\.ts$' },
    },
    {
      name: 'no-http-in-database',
      severity: 'error',
      from: { path: '^libs/database/' },
      to: { path: 'node_modules/(fastify|express|@fastify/|@nestjs/(platform-|swagger|throttler|terminus))' },
    },
    {
      name: 'no-tool-in-the-product',
      comment:
        'A production installation has no devDependencies: load them with import() and do without them',
      severity: 'error',
      from: { path: '^(apps|libs)/[^/]+/src/', pathNot: '\\.(spec|faults)\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'type-import'], dynamic: false },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^(apps|libs)/[^/]+/src/', pathNot: '\\.(spec|faults)\\.ts$' },
      to: { path: ['^(test|bench|tools)/', '\\.(spec|faults)\\.ts$'] },
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: '^(apps|libs)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      // `source` leads from #database to the source and not to dist/.
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
