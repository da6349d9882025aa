import { TestApplication } from '../../../test/support/application.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

let database: TestDatabase;
let api: TestApplication;
beforeEach(async () => {
  database = await TestDatabase.start();
});
afterEach(async () => {
  await api?.stop();
  await database?.stop();
});

/**
 * @param real - What a proxy has added behind the address that the client claims
 * @returns Statuses of five requests that claim to come from five clients
 */
async function askAsMany(environment: Record<string, string>, real = ''): Promise<number[]> {
  api = await TestApplication.start({
    MONGODB_URI: database.uri,
    DIAGNOSTICS_RATE_PER_MINUTE: '2',
    ...environment,
  });
  await api.until('/health/startup', 200);
  const statuses: number[] = [];
  for (let client = 1; client <= 5; client += 1) {
    const headers = {
      'x-forwarded-for': `203.0.113.${client}${real}`,
      'x-real-ip': `203.0.113.${client}`,
      forwarded: `for=203.0.113.${client}`,
    };
    statuses.push((await api.request('/mongodb-test', { headers })).status);
  }
  return statuses;
}

describe('the rate limit', () => {
  it('is not evaded by headers that anyone may send', async () => {
    expect(await askAsMany({})).toEqual([200, 200, 429, 429, 429]);
  });

  it('counts the clients behind a proxy that is trusted', async () => {
    expect(await askAsMany({ TRUSTED_PROXIES: '127.0.0.0/8,::1' })).toEqual([200, 200, 200, 200, 200]);
  });

  it('counts the client that a trusted proxy names, whatever that client has put before its address', async () => {
    const trusted = { TRUSTED_PROXIES: '127.0.0.0/8,::1' };
    expect(await askAsMany(trusted, ', 198.51.100.7')).toEqual([200, 200, 429, 429, 429]);
  });

  it('is not evaded by headers when another proxy is trusted', async () => {
    expect(await askAsMany({ TRUSTED_PROXIES: '10.0.0.0/8' })).toEqual([200, 200, 429, 429, 429]);
  });
});
