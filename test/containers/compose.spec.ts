import { loadConfiguration } from '#config';
import { environmentOf, readCompose, readText, type ComposeService } from './files.ts';

const PINNED_MONGO = /^mongo:8\.0\.(\d+)$/;
/** Below it a client without a login could read memory of the server: https://nvd.nist.gov/vuln/detail/CVE-2025-14847 */
const LEAST_PATCH = 17;
const HARDENED = ['docker-compose.prod.yml', 'docker-compose.replica.yml'];
const FILES = ['docker-compose.yml', ...HARDENED];
/** Stands in for any secret: long enough to be taken. */
const SECRET = 'a-secret-of-the-tests';

const servicesOf = (file: string): [string, ComposeService][] => Object.entries(readCompose(file).services);
const isDatabase = ({ image = '' }: ComposeService): boolean => image.startsWith('mongo');
const SERVICES = HARDENED.flatMap((file) =>
  servicesOf(file).map(([name, service]): [string, string, ComposeService] => [file, name, service]),
);

describe.each(FILES)('%s', (file) => {
  const { services } = readCompose(file);

  it('A45: pins one MongoDB for all files', () => {
    const images = Object.values(services)
      .filter(isDatabase)
      .map(({ image }) => image);
    expect(images.length).toBeGreaterThan(0);
    const [pinned] = servicesOf('docker-compose.yml').flatMap(([, { image }]) =>
      image?.startsWith('mongo:') ? [image] : [],
    );
    expect(Number(PINNED_MONGO.exec(pinned ?? '')?.[1])).toBeGreaterThanOrEqual(LEAST_PATCH);
    expect(new Set(images)).toEqual(new Set([pinned]));
  });

  it('gives the service longer to stop than it takes', () => {
    const variables = environmentOf(services.web ?? {});
    const { server } = loadConfiguration({
      NODE_ENV: variables.NODE_ENV ?? 'production',
      MONGODB_USERNAME: 'ada',
      MONGODB_PASSWORD: SECRET,
      ...Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith('SHUTDOWN_'))),
    });
    const graceMs = Number(/^(\d+)s$/.exec(services.web?.stop_grace_period ?? '')?.[1]) * 1_000;
    expect(graceMs).toBeGreaterThan(server.drainMs + server.shutdownTimeoutMs);
  });

  it('publishes ports on the loopback address only', () => {
    const published = Object.values(services).flatMap(({ ports = [] }) => ports);
    expect(published.length).toBeGreaterThan(0);
    for (const port of published) expect(port).toMatch(/^(?:127\.0\.0\.1|\$\{WEB_ADDRESS:-127\.0\.0\.1\}):/);
  });
});

describe('docs/setup-production.md', () => {
  it('drills with the MongoDB of the compose files', () => {
    const { image } = readCompose('docker-compose.prod.yml').services.mongodb ?? {};
    expect(readText('docs/setup-production.md')).toContain(` ${image} --bind_ip 127.0.0.1`);
  });
});

describe('docker-compose.yml', () => {
  const { services, networks } = readCompose('docker-compose.yml');

  it('has the database of the guide', () => {
    expect(services.mongodb).toMatchObject({
      container_name: 'openai_outreach_mongodb',
      restart: 'unless-stopped',
      volumes: expect.arrayContaining(['./data/mongodb:/data/db']),
      ports: ['127.0.0.1:27017:27017'],
      environment: ['MONGO_INITDB_DATABASE=openai_outreach'],
      networks: ['app-network'],
    });
    expect(networks).toHaveProperty('app-network');
  });

  it('has the service beside it, reachable from this machine only', () => {
    expect(services.web).toMatchObject({ ports: ['127.0.0.1:3000:3000'], networks: ['app-network'] });
    expect(environmentOf(services.web ?? {}).MONGODB_URI).toBe('mongodb://mongodb:27017/openai_outreach');
  });
});

describe.each(SERVICES)('A45: %s, %s', (file, name, service) => {
  it('runs as a numbered user that is not root', () => {
    const uid = /^(?:\$\{\w+:-)?(\d+)\}?:/.exec(service.user ?? '')?.[1];
    expect(Number(uid)).toBeGreaterThan(0);
  });

  it('has a read-only root, no capability and no way to new privileges', () => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('rotates its log', () => {
    expect(service.logging?.options).toEqual({ 'max-size': '10m', 'max-file': '5' });
  });

  it('gets secrets as files and none in its environment', () => {
    const { secrets = {} } = readCompose(file);
    for (const [variable, value] of Object.entries(environmentOf(service))) {
      if (!/PASSWORD|USERNAME|TOKEN|SECRET|URI/.test(variable)) continue;
      expect(variable).toMatch(/_FILE$/);
      const secret = value.replace('/run/secrets/', '');
      if (secret !== '') expect(service.secrets).toContain(secret);
    }
    for (const secret of service.secrets ?? [])
      expect(secrets[secret]).toEqual({ file: `./docker/secrets/${secret}` });
  });

  it('publishes no port but that of the service', () => {
    expect(service.ports === undefined || name === 'web').toBe(true);
  });
});

describe.each(HARDENED)('%s', (file) => {
  const { services, networks } = readCompose(file);

  it('A45: leaves the database on an internal network, which only the service reaches from outside', () => {
    expect(networks['app-network']).toMatchObject({ internal: true });
    for (const [name, { networks: joined }] of Object.entries(services)) {
      expect(joined).toEqual(name === 'web' ? ['app-network', 'outside'] : ['app-network']);
    }
  });

  it('limits the memory of the database to 2 GB, and its cache to what fits', () => {
    const databases = Object.values(services).filter(({ command = [] }) => command.includes('mongod'));
    expect(databases.length).toBeGreaterThan(0);
    for (const { deploy, command = [] } of databases) {
      expect(deploy?.resources).toMatchObject({ limits: { memory: '2G' }, reservations: { memory: '512M' } });
      const cacheGb = Number(command[command.indexOf('--wiredTigerCacheSizeGB') + 1]);
      expect(cacheGb).toBeLessThanOrEqual(1);
      expect(cacheGb).toBeGreaterThanOrEqual(0.25);
    }
  });

  it('gives the root user of the database to no one but the database', () => {
    for (const service of Object.values(services).filter((each) => !isDatabase(each))) {
      expect(service.secrets?.filter((secret) => secret.startsWith('mongo_root'))).toEqual([]);
    }
  });
});

describe('health checks of the service', () => {
  it('A45: ask whether it lives; where failover is shown, whether it is ready', () => {
    const test = (file: string): string | undefined =>
      readCompose(file).services.web?.healthcheck?.test.at(-1);
    expect(test('docker-compose.prod.yml')).toBe('/health/live');
    expect(test('docker-compose.replica.yml')).toBe('/health/ready');
  });
});
