import { connect } from 'node:net';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { MAX_STREAMS } from '../src/http/ndjson/stream-places.ts';
import { ContactsApi, problemOf } from './contacts-api.ts';
import { fillContacts, OpenExports } from './open-exports.ts';

let api: ContactsApi;
let exports: OpenExports;
beforeAll(async () => {
  api = await ContactsApi.start();
  await fillContacts(api.collection);
});
beforeEach(async () => {
  exports = await openAll();
});
afterEach(() => exports.end());
afterAll(async () => api?.stop());

const status = async (): Promise<number> => {
  const answer = await api.request('/contacts/export?status=replied');
  await answer.arrayBuffer();
  return answer.status;
};

describe('exports at once', () => {
  it('are as many as there is room for: the next is told when to try again, until one ends', async () => {
    const refused = await api.request('/contacts/export');
    expect([refused.status, refused.headers.get('retry-after'), (await problemOf(refused)).code]).toEqual([
      503,
      '2',
      'TOO_MANY_EXPORTS',
    ]);
    expect((await api.request('/contacts/export', { method: 'HEAD' })).status).toBe(200);
    expect((await api.importLines('')).status).toBe(200);
    expect(await exports.endOne()).toMatch(/}\n\r\n0\r\n\r\n$/);
    expect(await waitUntil(async () => (await status()) === 200)).toBe(true);
  });

  it('have their room again when their clients have gone', async () => {
    exports.end();
    await expectRoomForAll();
  });

  it('have their room again when they wait behind another one, and their client has gone', async () => {
    exports.end();
    await expectRoomForAll();
    const socket = connect(Number(new URL(api.application.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /contacts/export HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(MAX_STREAMS + 1));
    expect(await waitUntil(async () => (await status()) === 503)).toBe(true);
    socket.destroy();
    await expectRoomForAll();
  });
});

async function expectRoomForAll(): Promise<void> {
  (await openAll()).end();
}

/** Those of before may take a moment to be over. */
async function openAll(): Promise<OpenExports> {
  let opened: OpenExports | undefined;
  const tryToOpen = async (): Promise<boolean> => {
    opened = await OpenExports.start(api.application.url).catch(() => undefined);
    return opened !== undefined;
  };
  if (!(await waitUntil(tryToOpen)) || !opened) throw new Error('There is no room for as many exports');
  return opened;
}
