import { request as httpRequest } from 'node:http';
import { Logger } from '@nestjs/common';
import { waitUntil } from '../../../test/support/wait-until.ts';
import { MAX_STREAMS } from '../src/http/ndjson/stream-places.ts';
import { ContactsApi, problemOf } from './contacts-api.ts';
import { OpenImports } from './open-imports.ts';

let api: ContactsApi;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => api.database.clear());
afterAll(async () => api?.stop());

const contactLine = (index: number) => `{"email":"p${index}@example.org","name":"Person ${index}"}\n`;

describe('imports at once', () => {
  it('write the lines of a client that pauses', async () => {
    const imports = await OpenImports.start(api.application.url, api.collection);
    const reports = await Promise.all(
      Array.from({ length: MAX_STREAMS }, async () => (await imports.endOne())?.json()),
    );
    expect(reports).toEqual(reports.map(() => ({ inserted: 1, failed: 0, errors: [] })));
  });

  it('are as many as there is room for: the next is told when to try again, until one ends', async () => {
    const imports = await OpenImports.start(api.application.url, api.collection);
    const refused = await api.importLines(contactLine(1));
    expect([refused.status, refused.headers.get('retry-after'), (await problemOf(refused)).code]).toEqual([
      503,
      '2',
      'TOO_MANY_IMPORTS',
    ]);
    expect((await imports.endOne())?.status).toBe(200);
    expect(await (await api.importLines(contactLine(1))).json()).toMatchObject({ inserted: 1 });
    await imports.end();
  });

  it('have their room again when their clients have gone, which is no fault of ours', async () => {
    const logged = import.meta.jest.spyOn(Logger.prototype, 'error');
    const { port } = new URL(api.application.url);
    const headers = { 'content-type': 'application/x-ndjson' };
    for (let i = 0; i < MAX_STREAMS; i += 1) {
      const request = httpRequest({ port, method: 'POST', path: '/contacts/import', headers });
      request.on('error', () => undefined);
      request.write(contactLine(i));
      expect(await waitUntil(async () => (await api.collection.countDocuments()) === i + 1)).toBe(true);
      request.destroy();
    }
    const isTaken = async () => (await api.importLines('')).status === 200;
    expect(await waitUntil(isTaken)).toBe(true);
    expect(logged).not.toHaveBeenCalled();
    logged.mockRestore();
  });
});
