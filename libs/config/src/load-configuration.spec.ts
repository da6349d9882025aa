import fc from 'fast-check';
import { ConfigurationError, type ConfigurationProblem } from './configuration.error.ts';
import type { Environment } from './environment.ts';
import { loadConfiguration } from './load-configuration.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  MONGODB_USERNAME: 'outreach',
  MONGODB_PASSWORD: 'correct horse battery',
};

function problemsOf(environment?: Environment): ConfigurationProblem[] {
  try {
    loadConfiguration(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return [...error.problems];
    throw error;
  }
  return [];
}

describe(loadConfiguration.name, () => {
  describe('with nothing set', () => {
    it('serves on loopback in development, with an embedded database allowed', () => {
      expect(loadConfiguration({})).toEqual({
        server: {
          environment: 'development',
          host: '127.0.0.1',
          port: 3000,
          logLevel: 'info',
          drainMs: 0,
          shutdownTimeoutMs: 10_000,
          secrets: [],
        },
        database: {
          uri: 'mongodb://localhost:27017/openai_outreach',
          database: 'openai_outreach',
          maxPoolSize: 100,
          minPoolSize: 0,
          connectTimeoutMs: 30_000,
          serverSelectionTimeoutMs: 5_000,
          waitQueueTimeoutMs: 5_000,
          socketTimeoutMs: 20_000,
          maxTimeMs: 10_000,
        },
        health: { intervalMs: 1_000, timeoutMs: 1_000 },
        diagnostics: { ratePerMinute: 10, token: undefined, isTokenRequired: false },
        embedded: { isAllowed: true },
      });
    });

    it('is the same when development is named', () => {
      expect(loadConfiguration({ NODE_ENV: 'development' })).toEqual(loadConfiguration({}));
    });

    it('differs under test in the database, and never embeds one', () => {
      const { server, database, embedded, ...rest } = loadConfiguration({});
      expect(loadConfiguration({ NODE_ENV: 'test' })).toEqual({
        ...rest,
        server: { ...server, environment: 'test' },
        database: {
          ...database,
          uri: 'mongodb://localhost:27017/openai_outreach_test',
          database: 'openai_outreach_test',
        },
        embedded: { isAllowed: !embedded.isAllowed },
      });
    });

    it('listens everywhere in production, drains, wants a token and connects with credentials', () => {
      const { server, database, health, diagnostics } = loadConfiguration({});
      expect(loadConfiguration(PRODUCTION)).toEqual({
        server: {
          ...server,
          environment: 'production',
          host: '0.0.0.0',
          drainMs: 3_000,
          secrets: ['correct horse battery'],
        },
        database: {
          ...database,
          uri: 'mongodb://outreach:correct%20horse%20battery@mongodb:27017/openai_outreach?authSource=admin',
        },
        health,
        diagnostics: { ...diagnostics, isTokenRequired: true },
        embedded: { isAllowed: false },
      });
    });
  });

  it('reads every variable', () => {
    const environment = {
      HOST: '::1',
      PORT: '8080',
      LOG_LEVEL: 'trace',
      MONGODB_URI: 'mongodb://ada:lovelace@db:1/in_uri',
      MONGODB_DATABASE: 'named',
      MONGODB_MAX_POOL_SIZE: '7',
      MONGODB_MIN_POOL_SIZE: '6',
      MONGODB_CONNECT_TIMEOUT_MS: '5',
      MONGODB_SERVER_SELECTION_TIMEOUT_MS: '4',
      MONGODB_WAIT_QUEUE_TIMEOUT_MS: '3',
      MONGODB_SOCKET_TIMEOUT_MS: '2',
      MONGODB_MAX_TIME_MS: '1',
      HEALTH_INTERVAL_MS: '100',
      HEALTH_TIMEOUT_MS: '101',
      SHUTDOWN_DRAIN_MS: '8',
      SHUTDOWN_TIMEOUT_MS: '9',
      DIAGNOSTICS_TOKEN: 'a-token-of-20-chars.',
      DIAGNOSTICS_RATE_PER_MINUTE: '10',
    };
    expect(loadConfiguration(environment)).toEqual({
      server: {
        environment: 'development',
        host: '::1',
        port: 8080,
        logLevel: 'trace',
        drainMs: 8,
        shutdownTimeoutMs: 9,
        secrets: ['lovelace', 'a-token-of-20-chars.'],
      },
      database: {
        uri: 'mongodb://ada:lovelace@db:1/in_uri',
        database: 'named',
        maxPoolSize: 7,
        minPoolSize: 6,
        connectTimeoutMs: 5,
        serverSelectionTimeoutMs: 4,
        waitQueueTimeoutMs: 3,
        socketTimeoutMs: 2,
        maxTimeMs: 1,
      },
      health: { intervalMs: 100, timeoutMs: 101 },
      diagnostics: { ratePerMinute: 10, token: 'a-token-of-20-chars.', isTokenRequired: false },
      embedded: { isAllowed: false },
    });
  });

  it.each([
    ['the one of the connection string', { MONGODB_URI: 'mongodb://db/in_uri?w=1' }, 'in_uri'],
    ['percent-decoded', { MONGODB_URI: 'mongodb://db/%C3%A4' }, 'ä'],
    ['openai_outreach when the string names none', { MONGODB_URI: 'mongodb://db/?w=1' }, 'openai_outreach'],
    ['openai_outreach without a slash', { MONGODB_URI: 'mongodb://db' }, 'openai_outreach'],
    ['MONGODB_DATABASE before both', { MONGODB_URI: 'mongodb://db/in_uri', MONGODB_DATABASE: 'x' }, 'x'],
    ['MONGODB_DATABASE in production', { ...PRODUCTION, MONGODB_DATABASE: 'x' }, 'x'],
  ])('takes as database %s', (_, environment, expected) => {
    expect(loadConfiguration(environment as Environment).database.database).toBe(expected);
  });

  it.each([
    ['MONGODB_URI is given', { MONGODB_URI: 'mongodb://localhost:27017/openai_outreach' }],
    ['it is turned off', { MONGODB_EMBEDDED: 'off' }],
  ])('embeds no database when %s', (_, environment) => {
    expect(loadConfiguration(environment as Environment).embedded.isAllowed).toBe(false);
  });

  it('lists every secret for the log to leave out', () => {
    const uri = 'mongodb://u:p%40ss@h/?tlsCertificateKeyFilePassword=of-key&proxyHost=p&proxyPort=1';
    const proxy = '&proxyUsername=u&proxyPassword=of-proxy';
    const { server } = loadConfiguration({
      MONGODB_URI: uri + proxy,
      DIAGNOSTICS_TOKEN: 'token-token-token',
    });
    expect(server.secrets).toEqual(['p@ss', 'of-key', 'of-proxy', 'token-token-token']);
  });

  describe('refuses', () => {
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

    it.each(NUMBERS)('%s that is no whole number', (variable) => {
      for (const value of [
        '1.5',
        'many',
        '0x10',
        '-1',
        '1 000',
        'NaN',
        'Infinity',
        '1e400',
        '9'.repeat(20),
      ]) {
        expect(problemsOf({ [variable]: value })).toMatchObject([{ variable }]);
      }
    });

    it.each([
      ['PORT', '65536', 'must be a valid port'],
      ['MONGODB_MAX_POOL_SIZE', '0', 'must be greater than or equal to 1'],
      ['MONGODB_MAX_POOL_SIZE', '10001', 'must be less than or equal to 10000'],
      ['HEALTH_INTERVAL_MS', '99', 'must be greater than or equal to 100'],
      ['HEALTH_TIMEOUT_MS', '99', 'must be greater than or equal to 100'],
      ['MONGODB_SOCKET_TIMEOUT_MS', '0', 'must be greater than or equal to 1'],
      ['SHUTDOWN_TIMEOUT_MS', '2147483648', 'must be less than or equal to 2147483647'],
      ['DIAGNOSTICS_RATE_PER_MINUTE', '0', 'must be greater than or equal to 1'],
      ['LOG_LEVEL', 'verbose', 'must be one of fatal, error, warn, info, debug, trace, silent'],
      ['MONGODB_EMBEDDED', 'on', 'must be one of auto, off'],
      ['DIAGNOSTICS_TOKEN', 'fifteen-letters', 'length must be at least 16 characters long'],
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
        const problems = problemsOf(variables as Environment);
        expect(problems).not.toHaveLength(0);
        expect(new ConfigurationError(problems).message).not.toContain('Q7xZ');
      }),
      { numRuns: 1_000 },
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
