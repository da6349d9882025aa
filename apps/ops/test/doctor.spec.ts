import { freePort } from '../../../test/support/free-port.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { diagnose, expectFailure } from './diagnose.ts';
import { runOps } from './run-ops.ts';

const root = { username: 'root', password: 'a long root password' };

describe('ops doctor', () => {
  let server: MongodServer;
  let uri: string;
  beforeAll(async () => {
    server = await MongodServer.start({ auth: root, replSet: true, args: ['--maxConns=1000'] });
    uri = server.uri('app');
    await runOps(['indexes', 'apply'], { MONGODB_URI: uri });
  });
  afterAll(() => server?.stop());

  it('finds nothing that fails on a server that is well, and exits 0', async () => {
    const { code, report, of } = await diagnose({ MONGODB_URI: uri });
    expect(report.checks.filter(({ status }) => status === 'failure')).toEqual([]);
    expect(code).toBe(0);
    const well = [
      'CONFIG',
      'DNS',
      'TCP',
      'TLS',
      'SERVER',
      'AUTHENTICATION',
      'TOPOLOGY',
      'FCV',
      'WRITE_CONCERN',
    ];
    for (const check of [
      ...well,
      'CLOCK_SKEW',
      'INDEX_DRIFT',
      'VALIDATOR_DRIFT',
      'POOL_LIMITS',
      'DATA_FOLDER',
    ]) {
      expect(of(check)).toMatchObject({ code: check, status: 'ok' });
    }
    expect(of('BACKUP_AGE')).toMatchObject({
      status: 'warning',
      next: expect.stringContaining('ops backup create'),
    });
  });

  it('prints a line per check, causes and next steps for people', async () => {
    const { stdout, code } = await runOps(['doctor'], { MONGODB_URI: uri });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^✓ CONFIG +Configuration +development\n/);
    expect(stdout).toMatch(
      /\n! BACKUP_AGE .*\n {4}Nobody has said where the backups are.*\n {4}Next step: .*ops backup create/,
    );
    expect(stdout).toMatch(/\nIt works, with something to see to: \d+ ok, \d+ warnings?, 0 failures/);
  });

  it('never repeats a secret or a host', async () => {
    const wrong = { MONGODB_URI: uri.replace('long', 'wrong') };
    for (const environment of [wrong, { MONGODB_URI: uri }]) {
      const { stdout, stderr } = await runOps(['doctor'], environment);
      expect(`${stdout}${stderr}`).not.toMatch(/root%20|root password|a long|a wrong|127\.0\.0\.1/);
    }
  });

  describe('recognises what is outside of the server', () => {
    it('a wrong configuration, and skips what needs one', async () => {
      const { code, of } = await diagnose({ MONGODB_URI: 'http://example.org', PORT: 'x' });
      expect(code).toBe(78);
      expect(of('CONFIG')).toMatchObject({
        status: 'failure',
        cause: expect.stringMatching(/PORT.*MONGODB_URI|MONGODB_URI.*PORT/),
      });
      expect(of('TCP')).toMatchObject({ status: 'skipped', cause: 'CONFIG comes first' });
    });

    it('"MongoDB connection failed": nothing listens', async () => {
      const diagnosis = await diagnose({ MONGODB_URI: `mongodb://127.0.0.1:${await freePort()}/app` });
      expectFailure(diagnosis, 'TCP', /^MongoDB connection failed: nothing listens/, /start MongoDB/);
      expect(diagnosis.of('AUTHENTICATION')).toMatchObject({ status: 'skipped', cause: 'TCP comes first' });
    });

    it('a name that nobody knows', async () => {
      expectFailure(
        await diagnose({ MONGODB_URI: 'mongodb://no-such-host.invalid/app' }),
        'DNS',
        /cannot be resolved/,
        /host name/,
      );
    });

    it('a server that hangs', async () => {
      await server.pause();
      try {
        const diagnosis = await diagnose({ MONGODB_URI: uri });
        expectFailure(
          diagnosis,
          'SERVER',
          /^MongoDB connection failed: the server does not answer/,
          /overloaded or stopped/,
        );
      } finally {
        server.resume();
      }
    });

    it('a server that does not speak TLS', async () => {
      expectFailure(
        await diagnose({ MONGODB_URI: `${uri}&tls=true` }),
        'TLS',
        /No secure connection/,
        /tlsMode/,
      );
    });
  });

  describe('recognises what the user may not', () => {
    it.each([
      [
        '"Authentication failed": a wrong password',
        () => uri.replace('long', 'wrong'),
        /^Authentication failed: the server refuses/,
      ],
      [
        '"Authentication failed": no credentials',
        () => `mongodb://127.0.0.1:${server.port}/app?replicaSet=test`,
        /^Authentication failed: .*none are configured/,
      ],
    ])('%s', async (_name, uriOf, cause) => {
      expectFailure(
        await diagnose({ MONGODB_URI: uriOf() }),
        'AUTHENTICATION',
        cause,
        /MONGODB_PASSWORD.*\.env/,
      );
    });

    it('a user who may only read, and cannot be told the rest', async () => {
      await server.command({
        createUser: 'reader',
        pwd: 'a long password',
        roles: [{ role: 'read', db: 'app' }],
      });
      const { of, code } = await diagnose({
        MONGODB_URI: uri.replace(/\/\/.*@/, '//reader:a%20long%20password@'),
      });
      expect(code).toBe(1);
      expect(of('AUTHORISATION')).toMatchObject({
        status: 'failure',
        cause: expect.stringContaining('may not insert'),
      });
    });

    it('a user who may write and not look at the server', async () => {
      await server.command({
        createUser: 'writer',
        pwd: 'a long password',
        roles: [{ role: 'readWrite', db: 'app' }],
      });
      const { of, code } = await diagnose({
        MONGODB_URI: uri.replace(/\/\/.*@/, '//writer:a%20long%20password@'),
      });
      expect(of('AUTHORISATION')).toMatchObject({ status: 'ok' });
      expect(of('POOL_LIMITS')).toMatchObject({
        status: 'skipped',
        next: expect.stringContaining('clusterMonitor'),
      });
      expect(code).toBe(0);
    });
  });
});
