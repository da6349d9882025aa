import { ConfigurationError } from '../configuration.error.ts';
import type { Environment } from '../environment.ts';
import { loadConfiguration } from '../load-configuration.ts';

const ROOT = { MONGO_ROOT_USERNAME: 'admin', MONGO_ROOT_PASSWORD: 'the root password' };
const OWN = { MONGODB_USERNAME: 'outreach', MONGODB_PASSWORD: 'the own password' };

function load(environment: Environment) {
  return loadConfiguration({ NODE_ENV: 'production', ...environment });
}

function problemsOf(environment: Environment): string[] {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.problems.map(({ variable, message }) => `${variable} ${message}`);
    throw error;
  }
  return [];
}

describe('production', () => {
  describe('builds the connection string', () => {
    it.each([
      [
        'of the root user',
        ROOT,
        'mongodb://admin:the%20root%20password@mongodb:27017/openai_outreach?authSource=admin',
      ],
      [
        "of the application's own user before the root user",
        { ...ROOT, ...OWN },
        'mongodb://outreach:the%20own%20password@mongodb:27017/openai_outreach?authSource=admin',
      ],
      [
        'with every part percent-encoded',
        { MONGODB_USERNAME: 'a@b', MONGODB_PASSWORD: 'p@ss:w/rd?100%#' },
        'mongodb://a%40b:p%40ss%3Aw%2Frd%3F100%25%23@mongodb:27017/openai_outreach?authSource=admin',
      ],
      [
        'for a replica set',
        { ...OWN, MONGODB_HOST: 'a:1,b:2', MONGODB_REPLICA_SET: 'rs0', MONGODB_DATABASE: 'other' },
        'mongodb://outreach:the%20own%20password@a:1,b:2/other?authSource=admin&replicaSet=rs0',
      ],
      [
        'not at all when it is given',
        { ...ROOT, MONGODB_URI: 'mongodb://u:twelve-chars@h/db' },
        'mongodb://u:twelve-chars@h/db',
      ],
    ])('%s', (_, environment, uri) => {
      expect(load(environment as Environment).database.uri).toBe(uri);
    });
  });

  describe('refuses', () => {
    it('to go without credentials', () => {
      expect(problemsOf({})).toEqual([
        'MONGO_ROOT_USERNAME is required in production: set it, or MONGO_ROOT_USERNAME_FILE, or the whole MONGODB_URI',
        'MONGO_ROOT_PASSWORD is required in production: set it, or MONGO_ROOT_PASSWORD_FILE, or the whole MONGODB_URI',
      ]);
    });

    it.each([
      ['MONGO_ROOT_PASSWORD', ROOT],
      ['MONGODB_PASSWORD', OWN],
    ])('an example or short password in %s', (variable, credentials) => {
      expect(problemsOf({ ...credentials, [variable]: 'your-strong-password-here' })).toEqual([
        `${variable} is the password of the example: choose one of your own`,
      ]);
      expect(problemsOf({ ...credentials, [variable]: 'eleven-char' })).toEqual([
        `${variable} has a password under 12 characters: choose a longer one`,
      ]);
      expect(problemsOf({ ...credentials, [variable]: 'twelve-chars' })).toEqual([]);
    });

    it('an example or short password in the connection string, also percent-encoded', () => {
      expect(problemsOf({ MONGODB_URI: 'mongodb://u:your%2Dstrong-password-here@h' })).toEqual([
        'MONGODB_URI contains the password of the example: choose one of your own',
      ]);
      expect(problemsOf({ MONGODB_URI: 'mongodb://u:%65leven-char@h' })).toEqual([
        'MONGODB_URI has a password under 12 characters: choose a longer one',
      ]);
    });

    it.each([
      ['mongodb://u:your-strong-password-here@h', 'contains the password of the example'],
      ['mongodb://u:eleven-char@h', 'has a password under 12 characters'],
    ])('%s also where no authentication is allowed', (uri, message) => {
      const problems = problemsOf({ MONGODB_URI: uri, MONGODB_ALLOW_NO_AUTH: 'true' });
      expect(problems).toEqual([expect.stringContaining(`MONGODB_URI ${message}`)]);
    });

    it.each([OWN, { ...ROOT, ...OWN }])('a user name or a password alone', (both) => {
      const message = 'MONGODB_USERNAME and MONGODB_PASSWORD belong together: set both or neither';
      const { MONGODB_PASSWORD: _password, ...nameOnly } = both;
      const { MONGODB_USERNAME: _username, ...passwordOnly } = both;
      expect(problemsOf(nameOnly)).toContain(message);
      expect(problemsOf(passwordOnly)).toContain(message);
    });

    it.each(['mongodb://h/db', 'mongodb://u@h/db', 'mongodb://u:@h/db', 'mongodb+srv://cluster.example.com'])(
      '%s, unless no authentication is allowed',
      (uri) => {
        expect(problemsOf({ MONGODB_URI: uri })).toEqual([
          'MONGODB_URI has no credentials: write them as mongodb://USER:PASSWORD@HOST, or set MONGODB_ALLOW_NO_AUTH=true for a database without authentication',
        ]);
        expect(problemsOf({ MONGODB_URI: uri, MONGODB_ALLOW_NO_AUTH: 'false' })).toHaveLength(1);
        expect(load({ MONGODB_URI: uri, MONGODB_ALLOW_NO_AUTH: 'true' }).database.uri).toBe(uri);
      },
    );

    it('MONGODB_ALLOW_NO_AUTH that is no boolean, and does not take it for a yes', () => {
      const problems = problemsOf({ MONGODB_URI: 'mongodb://h', MONGODB_ALLOW_NO_AUTH: 'yes' });
      expect(problems).toHaveLength(2);
      expect(problems).toContain('MONGODB_ALLOW_NO_AUTH must be a boolean');
    });

    it('hosts and database names under their own variables', () => {
      const problems = problemsOf({ ...OWN, MONGODB_HOST: 'h:99999', MONGODB_DATABASE: 'a b' });
      expect(problems.map((problem) => problem.split(' ', 1)[0])).toEqual([
        'MONGODB_DATABASE',
        'MONGODB_HOST',
      ]);
    });

    it('a wrong connection string once', () => {
      expect(problemsOf({ MONGODB_URI: 'mongodb://u:p@h/?unknown=1' })).toEqual([
        'MONGODB_URI is not a usable connection string: unknown option unknown',
      ]);
    });
  });

  it.each([
    'mongodb://h/?authMechanism=MONGODB-X509&tls=true',
    'mongodb://CN%3Dclient@h/?authMechanism=MONGODB-X509&tls=true',
    'mongodb://h/?authMechanism=MONGODB-AWS',
  ])('accepts a proof of identity other than a password: %s', (uri) => {
    expect(load({ MONGODB_URI: uri }).database.uri).toBe(uri);
  });
});
