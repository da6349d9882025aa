import type { Environment } from './environment.ts';
import { loadConfiguration } from './load-configuration.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  MONGODB_USERNAME: 'outreach',
  MONGODB_PASSWORD: 'correct horse battery',
};

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
      DIAGNOSTICS_RATE_PER_MINUTE: '11',
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
      diagnostics: { ratePerMinute: 11, token: 'a-token-of-20-chars.', isTokenRequired: false },
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
});
