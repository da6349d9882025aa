import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
          trustedProxies: [],
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
          indexes: 'build',
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
          indexes: 'check',
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
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
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
      MONGODB_INDEXES: 'off',
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
        trustedProxies: ['10.0.0.0/8', '::1'],
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
        indexes: 'off',
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

  describe('takes a limit from', () => {
    const MONGODB_URI =
      'mongodb://h/?maxpoolsize=30&minPoolSize=2&connectTimeoutMS=3&serverSelectionTimeoutMS=30000&waitQueueTimeoutMS=5&socketTimeoutMS=6';

    it('the options of the connection string, in any case and also where they are the defaults of the driver', () => {
      for (const environment of [
        { MONGODB_URI },
        { MONGODB_URI, NODE_ENV: 'test' },
        { MONGODB_URI, NODE_ENV: 'production', MONGODB_ALLOW_NO_AUTH: 'true' },
      ]) {
        expect(loadConfiguration(environment as Environment).database).toMatchObject({
          uri: MONGODB_URI,
          database: 'openai_outreach',
          maxPoolSize: 30,
          minPoolSize: 2,
          connectTimeoutMs: 3,
          serverSelectionTimeoutMs: 30_000,
          waitQueueTimeoutMs: 5,
          socketTimeoutMs: 6,
          maxTimeMs: 10_000,
        });
      }
    });

    it('its variable first', () => {
      const variables = {
        MONGODB_MAX_POOL_SIZE: '100',
        MONGODB_MIN_POOL_SIZE: '0',
        MONGODB_CONNECT_TIMEOUT_MS: '30000',
        MONGODB_SERVER_SELECTION_TIMEOUT_MS: '5000',
        MONGODB_WAIT_QUEUE_TIMEOUT_MS: '5000',
        MONGODB_SOCKET_TIMEOUT_MS: '20000',
      };
      const { uri: _, ...limits } = loadConfiguration({}).database;
      expect(loadConfiguration({ MONGODB_URI, ...variables }).database).toMatchObject(limits);
    });

    it('its default where a password only looks like an option', () => {
      const uri = 'mongodb://u:p&maxPoolSize=7&x@h/db';
      expect(loadConfiguration({ MONGODB_URI: uri }).database.maxPoolSize).toBe(100);
    });
  });

  describe('read from the process', () => {
    const { env } = process;
    const cwd = process.cwd();
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'configuration-'));
      process.chdir(folder);
      process.env = {};
    });
    afterEach(async () => {
      process.env = env;
      process.chdir(cwd);
      await rm(folder, { recursive: true });
    });

    it('is read once', async () => {
      await writeFile('.env', 'PORT=4000\n');
      const first = loadConfiguration();
      expect(first.server.port).toBe(4000);
      await rm('.env');
      expect(loadConfiguration()).toBe(first);
    });

    it('is read again when a variable has changed, in place or all together', () => {
      expect(loadConfiguration().server.port).toBe(3000);
      process.env.PORT = '4000';
      expect(loadConfiguration().server.port).toBe(4000);
      process.env = { PORT: '5000' };
      expect(loadConfiguration().server.port).toBe(5000);
      delete process.env.PORT;
      expect(loadConfiguration().server.port).toBe(3000);
    });

    it('is read again after a failure, and in another folder', async () => {
      await writeFile('.env', 'PORT=many\n');
      expect(() => loadConfiguration()).toThrow('PORT');
      await writeFile('.env', 'PORT=4000\n');
      expect(loadConfiguration().server.port).toBe(4000);
      await mkdir('other');
      await writeFile('other/.env', 'PORT=5000\n');
      process.chdir('other');
      expect(loadConfiguration().server.port).toBe(5000);
    });
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

  it('lists passwords that are given and not used, and each once', () => {
    const given = { MONGO_ROOT_PASSWORD: 'the root password', MONGODB_PASSWORD: 'the own password' };
    const passwords = Object.values(given);
    const secretsOf = (environment: Environment) => new Set(loadConfiguration(environment).server.secrets);
    expect(secretsOf(given)).toEqual(new Set(passwords));
    const uri = 'mongodb://u:of-the-uri-12@h';
    expect(secretsOf({ ...given, MONGODB_URI: uri })).toEqual(new Set(['of-the-uri-12', ...passwords]));
    const { server } = loadConfiguration({ ...PRODUCTION, MONGO_ROOT_PASSWORD: PRODUCTION.MONGODB_PASSWORD });
    expect(server.secrets).toEqual([PRODUCTION.MONGODB_PASSWORD]);
  });
});
