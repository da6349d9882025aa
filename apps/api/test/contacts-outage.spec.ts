import { TestApplication } from '../../../test/support/application.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { ReplicaSet } from '../../../test/support/replica-set.ts';

/** Gives up sooner than a service would. */
const QUICK = { MONGODB_SERVER_SELECTION_TIMEOUT_MS: '1000', MONGODB_SOCKET_TIMEOUT_MS: '1000' };

describe('a server of its own', () => {
  let server: MongodServer;
  let api: TestApplication;
  beforeAll(async () => {
    server = await MongodServer.start();
    api = await TestApplication.start({ MONGODB_URI: server.uri('outage'), ...QUICK });
    await api.until('/contacts', 200);
  });
  afterAll(async () => {
    await api?.stop();
    await server?.stop();
  });

  it('is killed, and started again', async () => {
    await server.kill();
    const answer = await api.request('/contacts');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    await server.restart();
    await api.until('/contacts', 200);
  });

  it('hangs, and goes on', async () => {
    await server.pause();
    expect((await api.request('/contacts')).status).toBe(503);
    server.resume();
    await api.until('/contacts', 200);
  });
});

describe('a replica set of its own', () => {
  let set: ReplicaSet;
  let api: TestApplication;
  beforeAll(async () => {
    set = await ReplicaSet.start(2);
    api = await TestApplication.start({ MONGODB_URI: set.uri('outage') });
    await api.until('/health/ready', 200);
  });
  afterAll(async () => {
    await api?.stop();
    await set?.stop();
  });

  it('gets another primary, and contacts are created there', async () => {
    const [before, after] = [await set.primary(), await set.stepDown()];
    expect(after).not.toBe(before);
    const answer = await api.request('/contacts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"ada@example.org"}',
    });
    expect(answer.status).toBe(201);
  });
});
