import fc from 'fast-check';
import { mongo } from 'mongoose';
import { buildUri, credentialsOf, databaseName, databaseOf, hostList, mongodbUri } from './mongodb-uri.ts';

const COMPARE =
  'compare it with mongodb://USER:PASSWORD@HOST:27017/DATABASE?authSource=admin and check each option';
const UNENCODED = 'percent-encode @ : / ? # in the user name and password, for example @ as %40';
const ESCAPE = 'the user name, password or database has a % that is not followed by two hexadecimal digits';
const DATABASE =
  'the part after the slash must be a MongoDB database name: at most 63 characters, no spaces, dots, slashes or any of "$*<>:|?';

/** What is wrong with a connection string; `undefined` when it is accepted. */
function faultOf(uri: string): string | undefined {
  const detail = mongodbUri().validate(uri).error?.details[0];
  return detail?.type === 'mongodb.uri' ? String(detail.context?.fault) : detail?.type;
}

describe(buildUri.name, () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  // The characters that mean something in a connection string, and those that each encoder treats in its own way.
  const special = fc.string({ unit: fc.constantFrom(...'@:/?#[]&=+%$,;!\'()*~ "\\<>^`{|}ä€'), minLength: 1 });
  const database = text.filter((name) => databaseName().validate(name).error === undefined);

  it('gives the driver the parts that it was built from, whatever is in them', () => {
    const part = fc.oneof(text, special);
    fc.assert(
      fc.property(part, part, database, part, (username, password, name, replicaSet) => {
        const uri = buildUri({ username, password, hosts: 'a:1,b:2', database: name, replicaSet });
        const { credentials, hosts, dbName, replicaSet: set } = new mongo.MongoClient(uri).options;
        expect(credentials).toMatchObject({ username, password, source: 'admin' });
        expect(hosts.map(String)).toEqual(['a:1', 'b:2']);
        expect([dbName, set]).toEqual([name, replicaSet]);
        expect(faultOf(uri)).toBeUndefined();
        expect(credentialsOf(uri)).toMatchObject({ username, password });
        expect(databaseOf(uri)).toBe(name);
      }),
      { numRuns: 200 },
    );
  });

  it('names a replica set only when there is one', () => {
    const parts = { username: 'u', password: 'p', hosts: 'h', database: 'd' };
    expect(buildUri(parts)).toBe('mongodb://u:p@h/d?authSource=admin');
    expect(buildUri({ ...parts, replicaSet: 'rs' })).toBe('mongodb://u:p@h/d?authSource=admin&replicaSet=rs');
  });
});

describe(mongodbUri.name, () => {
  it.each([
    'mongodb://localhost',
    'mongodb://localhost:27017/openai_outreach',
    'mongodb://a:1,b:2,c:3/db?replicaSet=rs&readPreference=secondary',
    'mongodb://[::1]:27017/db',
    'mongodb://%2Ftmp%2Fmongodb-27017.sock/db',
    'mongodb://u:p%40ss@h/?authSource=admin',
    'mongodb+srv://u:p@cluster.example.com/db?retryWrites=true&w=majority',
    'mongodb://h/?tls=true&tlsCAFile=/etc/ca.pem',
  ])('accepts %s', (uri) => {
    expect(faultOf(uri)).toBeUndefined();
  });

  it.each([
    ['', 'string.empty'],
    ['localhost:27017', 'it must start with mongodb:// or mongodb+srv://'],
    ['http://localhost', 'it must start with mongodb:// or mongodb+srv://'],
    ['mongodb:/localhost', 'it must start with mongodb:// or mongodb+srv://'],
    [' mongodb://localhost', 'it must start with mongodb:// or mongodb+srv://'],
    ['mongodb://', COMPARE],
    ['mongodb://h:99999/db', COMPARE],
    ['mongodb://h/db?retryWrites=perhaps', COMPARE],
    ['mongodb://h/db?maxPoolSize=many', COMPARE],
    ['mongodb+srv://h:27017/db', COMPARE],
    ['mongodb://h/db?maxPoolSise=3', 'unknown option maxpoolsise'],
    ['mongodb://u:p@ss@h/db', UNENCODED],
    ['mongodb://u:p:ss@h/db', UNENCODED],
    ['mongodb://u:p/ss@h/db', UNENCODED],
    ['mongodb://u:p?ss@h/db', UNENCODED],
    ['mongodb://u:p#ss@h/db', UNENCODED],
    ['mongodb://u:p%zz@h/db', ESCAPE],
    ['mongodb://u:p@h/d%zz', ESCAPE],
    ['mongodb://h/a b', DATABASE],
    ['mongodb://h/a.b', DATABASE],
    ['mongodb://h/a%2Fb', DATABASE],
    [`mongodb://h/${'x'.repeat(64)}`, DATABASE],
  ])('says what is wrong with %j', (uri, fault) => {
    expect(faultOf(uri)).toBe(fault);
  });

  it('repeats no part of a password, however it is mistyped', () => {
    const piece = fc.string({ unit: fc.constantFrom(...'ab1@:/?#[]&=+%$,; "'), maxLength: 8 });
    const password = fc.tuple(piece, piece).map(([before, after]) => `${before}Q7xZ${after}`);
    const tail = fc.constantFrom('@h', '@h/db', '@h/db?authSource=admin', '@h/?unknown=1', '@h:99999/');
    fc.assert(
      fc.property(password, tail, (secret, rest) => {
        expect(faultOf(`mongodb://user:${secret}${rest}`) ?? '').not.toMatch(/Q7xZ/i);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe(hostList.name, () => {
  it.each(['mongodb', 'mongodb:27017', 'a:1,b:2,c:3', '[::1]:27017', '10.0.0.1'])('accepts %s', (hosts) => {
    expect(hostList().validate(hosts).error).toBeUndefined();
  });

  it.each([
    'a b',
    'a, b',
    'a,,b',
    ',a',
    'a,',
    'a:99999',
    'a:0',
    'a:b',
    '::1',
    'u:p@a',
    'a/db',
    'a?w=1',
    'a#',
  ])('refuses %s', (hosts) => {
    expect(hostList().validate(hosts).error?.details).toMatchObject([{ type: 'mongodb.hosts' }]);
  });
});

describe(databaseName.name, () => {
  it.each(['openai_outreach', 'a', 'A-1', 'ä', 'x'.repeat(63)])('accepts %s', (name) => {
    expect(databaseName().validate(name).error).toBeUndefined();
  });

  it.each([...'/\\. "$*<>:|?\0'])('refuses a name with %j', (character) => {
    expect(databaseName().validate(`a${character}b`).error).toBeDefined();
  });

  it('refuses one above 63 characters', () => {
    expect(databaseName().validate('x'.repeat(64)).error).toBeDefined();
  });
});
