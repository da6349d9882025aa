import fc from 'fast-check';
import { ConfigurationError, type ConfigurationProblem } from './configuration.error.ts';
import type { Environment } from './environment.ts';
import { loadConfiguration } from './load-configuration.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  MONGODB_USERNAME: 'outreach',
  MONGODB_PASSWORD: 'correct horse battery',
};

const TOKEN_TOO_SHORT = 'must have at least 16 characters: make one, for example with openssl rand -hex 32';

function problemsOf(environment?: Environment): ConfigurationProblem[] {
  try {
    loadConfiguration(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.problems];
    throw error;
  }
  return [];
}

describe(ConfigurationError.name, () => {
  describe('names', () => {
    const DURATIONS = [
      'MONGODB_CONNECT_TIMEOUT_MS',
      'MONGODB_SERVER_SELECTION_TIMEOUT_MS',
      'MONGODB_WAIT_QUEUE_TIMEOUT_MS',
      'MONGODB_SOCKET_TIMEOUT_MS',
      'MONGODB_MAX_TIME_MS',
      'HEALTH_INTERVAL_MS',
      'HEALTH_TIMEOUT_MS',
      'SHUTDOWN_DRAIN_MS',
      'SHUTDOWN_TIMEOUT_MS',
    ];
    const NUMBERS = [
      'PORT',
      'MONGODB_MAX_POOL_SIZE',
      'MONGODB_MIN_POOL_SIZE',
      'DIAGNOSTICS_RATE_PER_MINUTE',
      ...DURATIONS,
    ];

    const PROXIES = 'must be addresses or networks separated by commas, as in 10.0.0.0/8,127.0.0.1';

    it.each(NUMBERS)('%s that is no whole number', (variable) => {
      for (const value of [
        '1500.5',
        'many',
        '0x10',
        '-1',
        '1 000',
        'NaN',
        'Infinity',
        '1e400',
        '9'.repeat(20),
      ]) {
        const variables = problemsOf({ [variable]: value }).map((problem) => problem.variable);
        expect(new Set(variables)).toEqual(new Set([variable]));
      }
    });

    it.each([
      ['PORT', '65536', 'must be a valid port'],
      ['TRUSTED_PROXIES', '10.0.0.0/8,proxy', PROXIES],
      ['TRUSTED_PROXIES', '10.0.0.0/33', PROXIES],
      ['TRUSTED_PROXIES', ',', PROXIES],
      ['MONGODB_MAX_POOL_SIZE', '0', 'must be greater than or equal to 1'],
      ['MONGODB_MAX_POOL_SIZE', '10001', 'must be less than or equal to 10000'],
      ['HEALTH_INTERVAL_MS', '99', 'must be greater than or equal to 100'],
      ['HEALTH_TIMEOUT_MS', '99', 'must be greater than or equal to 100'],
      ['MONGODB_SOCKET_TIMEOUT_MS', '0', 'must be greater than or equal to 1'],
      ['SHUTDOWN_TIMEOUT_MS', '2147483648', 'must be less than or equal to 2147483647'],
      ['DIAGNOSTICS_RATE_PER_MINUTE', '0', 'must be greater than or equal to 1'],
      ['LOG_LEVEL', 'verbose', 'must be one of fatal, error, warn, info, debug, trace, silent'],
      ['MONGODB_EMBEDDED', 'on', 'must be one of auto, off'],
      ['DIAGNOSTICS_TOKEN', 'fifteen-letters', TOKEN_TOO_SHORT],
      ['DIAGNOSTICS_TOKEN', 'with spaces in between', 'must be printable ASCII without spaces'],
      ['MONGODB_DATABASE', 'x'.repeat(64), 'length must be less than or equal to 63 characters long'],
    ])('%s=%s', (variable, value, message) => {
      expect(problemsOf({ [variable]: value })).toEqual([{ variable, message }]);
    });

    it('a smallest pool above the largest, given or by default', () => {
      const problem = {
        variable: 'MONGODB_MIN_POOL_SIZE',
        message: 'must not be above MONGODB_MAX_POOL_SIZE',
      };
      expect(problemsOf({ MONGODB_MIN_POOL_SIZE: '5', MONGODB_MAX_POOL_SIZE: '4' })).toEqual([problem]);
      expect(problemsOf({ MONGODB_MIN_POOL_SIZE: '101' })).toEqual([problem]);
      expect(problemsOf({ MONGODB_MIN_POOL_SIZE: '4', MONGODB_MAX_POOL_SIZE: '4' })).toEqual([]);
    });

    it.each([
      ['maxPoolSize=0', 'option maxPoolSize must be greater than or equal to 1'],
      ['minpoolsize=101', 'option minPoolSize must not be above MONGODB_MAX_POOL_SIZE'],
      ['socketTimeoutMS=0', 'option socketTimeoutMS must be greater than or equal to 1'],
    ])('the connection string for its option %s', (option, message) => {
      const MONGODB_URI = `mongodb://h/?${option}`;
      expect(problemsOf({ MONGODB_URI })).toEqual([{ variable: 'MONGODB_URI', message }]);
    });

    it('a smallest pool above the largest of the connection string', () => {
      const environment = { MONGODB_URI: 'mongodb://h/?maxPoolSize=4', MONGODB_MIN_POOL_SIZE: '5' };
      expect(problemsOf(environment)).toMatchObject([{ variable: 'MONGODB_MIN_POOL_SIZE' }]);
    });

    it('a largest pool that is no number, without blaming the smallest', () => {
      expect(problemsOf({ MONGODB_MIN_POOL_SIZE: '5', MONGODB_MAX_POOL_SIZE: 'many' })).toEqual([
        { variable: 'MONGODB_MAX_POOL_SIZE', message: 'must be a number' },
      ]);
    });

    it.each(['staging', 'Production', 'prod', '__proto__', 'constructor', ' production'])(
      'NODE_ENV=%s',
      (NODE_ENV) => {
        expect(problemsOf({ NODE_ENV })).toEqual([
          { variable: 'NODE_ENV', message: 'must be one of development, production, test' },
        ]);
      },
    );

    it('an embedded database under test and in production', () => {
      const problem = { variable: 'MONGODB_EMBEDDED', message: 'must be off' };
      expect(problemsOf({ NODE_ENV: 'test', MONGODB_EMBEDDED: 'auto' })).toEqual([problem]);
      expect(problemsOf({ ...PRODUCTION, MONGODB_EMBEDDED: 'auto' })).toEqual([problem]);
    });

    it('everything wrong at once, in one message', () => {
      const wrong = {
        NODE_ENV: 'production',
        PORT: 'x',
        LOG_LEVEL: 'x',
        MONGODB_HOST: 'x y',
        MONGODB_DATABASE: 'x y',
        MONGO_ROOT_PASSWORD: 'x',
        DIAGNOSTICS_TOKEN: 'x',
      };
      const problems = problemsOf(wrong);
      const variables = problems.map(({ variable }) => variable);
      expect(variables.toSorted()).toEqual([
        'DIAGNOSTICS_TOKEN',
        'LOG_LEVEL',
        'MONGODB_DATABASE',
        'MONGODB_HOST',
        'MONGO_ROOT_PASSWORD',
        'MONGO_ROOT_USERNAME',
        'PORT',
      ]);
      const { message } = new ConfigurationError(problems);
      expect(message.split('\n')).toHaveLength(problems.length + 1);
      for (const variable of variables) expect(message).toContain(`  - ${variable} `);
    });
  });

  it('never repeats a value', () => {
    // Each value carries a mark that no message has of its own.
    const value = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `${text}Q7xZ${text}`);
    const uri = fc
      .record({ before: value, between: fc.constantFrom('@', '/', '?', ':', '%', '@h/?'), after: value })
      .map(({ before, between, after }) => `mongodb://u:${before}${between}${after}@h/db`);
    const environment = fc.record(
      {
        NODE_ENV: fc.oneof(fc.constantFrom('production', 'development', 'test'), value),
        HOST: value,
        PORT: value,
        LOG_LEVEL: value,
        MONGODB_URI: fc.oneof(value, uri),
        MONGODB_DATABASE: value,
        MONGODB_HOST: value,
        MONGODB_REPLICA_SET: value,
        MONGO_ROOT_USERNAME: value,
        MONGO_ROOT_PASSWORD: value,
        MONGODB_USERNAME: value,
        MONGODB_PASSWORD: value,
        MONGODB_ALLOW_NO_AUTH: value,
        MONGODB_EMBEDDED: value,
        MONGODB_MAX_POOL_SIZE: value,
        MONGODB_MIN_POOL_SIZE: value,
        HEALTH_TIMEOUT_MS: value,
        DIAGNOSTICS_TOKEN: value,
      },
      { requiredKeys: ['PORT'] },
    );
    fc.assert(
      fc.property(environment, (variables) => {
        const problems = problemsOf(variables);
        expect(problems).not.toHaveLength(0);
        expect(new ConfigurationError(problems).message).not.toContain('Q7xZ');
      }),
      { numRuns: 400 },
    );
  });

  describe('read from the process', () => {
    const { env } = process;
    afterEach(() => {
      process.env = env;
    });

    it('reports a secret that cannot be read together with every other problem, and once', () => {
      process.env = {
        NODE_ENV: 'production',
        MONGODB_USERNAME: 'outreach',
        MONGODB_PASSWORD_FILE: '/absent',
        DIAGNOSTICS_TOKEN_FILE: '/absent',
        PORT: 'x',
      };
      const variables = problemsOf().map(({ variable }) => variable);
      expect(variables).toEqual(['MONGODB_PASSWORD_FILE', 'DIAGNOSTICS_TOKEN_FILE', 'PORT']);
      process.env = { NODE_ENV: 'production', MONGODB_URI_FILE: '/absent', LOG_LEVEL: 'x' };
      expect(problemsOf().map(({ variable }) => variable)).toEqual(['MONGODB_URI_FILE', 'LOG_LEVEL']);
    });
  });
});
