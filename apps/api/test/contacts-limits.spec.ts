import { request as httpRequest } from 'node:http';
import { DatabaseConnection } from '#database';
import { contactOf, ContactsApi, problemOf } from './contacts-api.ts';

let api: ContactsApi;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => api.database.clear());
afterAll(async () => api?.stop());

describe('A24: size and depth', () => {
  it.each([
    ['2 MiB', 'x'.repeat(2_097_152), 413],
    ['21 levels', `{"email":"e@example.org","notes":${'['.repeat(20)}${']'.repeat(20)}}`, 400],
    ['50,000 levels', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, 400],
    ['10,000 fields', namesOf(10_000), 400],
    ['bytes that are no text', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400],
    ['nothing', '', 400],
  ])('%s', async (_, body, status) => {
    const answer = await api.request('/contacts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body as string,
    });
    expect(answer.status).toBe(status);
    expect((await api.request('/health/live')).status).toBe(200);
  });

  it('a body of 2 MiB whose size nobody said', async () => {
    const pieces = Array.from({ length: 32 }, () => Buffer.alloc(65_536, 0x20));
    const answer = await api.request('/contacts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: ReadableStream.from(pieces),
      duplex: 'half',
    });
    expect(answer.status).toBe(413);
  });

  it.each([
    ['60,000 names', namesOf(60_000)],
    ['lists of 100,000 entries', `{"tags":[${Array.from({ length: 100_000 }, () => '[]').join(',')}]}`],
  ])('%s: says so', async (_, body) => {
    for (const headers of [{}, { 'idempotency-key': 'many-values' }]) {
      const answer = await api.post(body, headers);
      expect(answer.status).toBe(400);
      expect(await problemOf(answer)).toMatchObject({
        code: 'INPUT_INVALID',
        errors: [{ path: '', message: 'must have at most 10000 values, of all objects and lists together' }],
      });
    }
    const { errors } = (await (await api.importLines(body.slice(0, 200_000))).json()) as {
      errors: { code: string }[];
    };
    expect(errors.map(({ code }) => code)).toEqual(['INPUT_INVALID']);
  });

  it('thousands of names that nobody knows make no long answer, and none that is kept', async () => {
    const body = namesOf(5_000, '\u0001'.repeat(15));
    const send = async () => api.post(body, { 'idempotency-key': 'wide' });
    const first = await (await send()).text();
    expect(first.length).toBeLessThan(100_000);
    expect(JSON.parse(first)).toMatchObject({
      code: 'INPUT_INVALID',
      // The address that is missing is at fault as well.
      detail: 'Some fields are not valid, and 4901 more than are named',
    });
    expect(await (await send()).text()).toBe(first);
    const keys = api.database.db.collection<{ _id: string; answer: { body: string } }>('idempotency_keys');
    const kept = await keys.findOne({ _id: 'POST /contacts wide' });
    expect(kept?.answer.body).toBe(first);
  });

  it.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/merge-patch+json',
    'application/x-ndjson',
  ])('a contact is not created from %s', async (type) => {
    const answer = await api.post('{"email":"e@example.org"}', { 'content-type': type });
    expect([answer.status, (await problemOf(answer)).code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});

describe('A32: ids', () => {
  const ids = {
    'twelve characters': 'aaaaaaaaaaaa',
    '24 that are not hexadecimal': 'z'.repeat(24),
    '23 that are': 'a'.repeat(23),
    'a number': '5',
    'a list': 'aaaaaaaaaaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbbbbbbb',
    'an operator': '%7B%22%24ne%22%3Anull%7D',
    'a NUL': '%00',
    'fifteen thousand characters': 'a'.repeat(15_000),
    'a million characters': 'a'.repeat(1_000_000),
  };

  it.each(Object.entries(ids))('%s: 400, and nothing is asked of the database', async (_, id) => {
    const { commands, stop } = watchCommands();
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const hasBody = method === 'PATCH' || method === 'PUT';
      expect([method, await statusOf(method, `/contacts/${id}`, hasBody)]).toEqual([method, 400]);
    }
    stop();
    expect(commands).toEqual([]);
  });
});

describe('A33: values', () => {
  it.each([
    '0001-01-01T00:00:00.000Z',
    '0099-12-31T23:59:59.999Z',
    '1582-10-10T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '2024-02-29T12:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ])('%s is read as it was written', async (at) => {
    const { id } = await api.create({ email: 'ada@example.org', lastContactedAt: at });
    const read = await contactOf(await api.request(`/contacts/${id}`));
    expect(read.lastContactedAt).toBe(at);
    const [stored] = await api.collection.find().toArray();
    expect(stored?.lastContactedAt).toEqual(new Date(at));
  });

  it('text is read as it was written', async () => {
    const body = {
      name: 'Zoë \u{1f600} \u0000 \u202e',
      notes: ' \t\r\n"\\</script>',
      tags: ['𝔘', '$x', 'a.b'],
    };
    const { id } = await api.create({ email: 'ada@example.org', ...body });
    expect(await contactOf(await api.request(`/contacts/${id}`))).toMatchObject(body);
  });
});

function namesOf(count: number, prefix = 'n'): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, n])));
}

async function statusOf(method: string, path: string, hasBody: boolean): Promise<number | undefined> {
  const { port } = new URL(api.application.url);
  return new Promise((resolve, reject) => {
    const headers = { 'if-match': '*', ...(hasBody && { 'content-type': 'application/json' }) };
    httpRequest({ port, method, path, headers })
      .on('error', reject)
      .on('response', (answer) => resolve(answer.resume().statusCode))
      .end(hasBody ? '{"email":"eve@example.org"}' : undefined);
  });
}

/** Commands for the contacts that the service sends. */
function watchCommands(): { commands: string[]; stop: () => void } {
  const { client } = api.application.app.get(DatabaseConnection);
  const commands: string[] = [];
  const listen = ({ commandName, command }: { commandName: string; command: Record<string, unknown> }) => {
    if (command[commandName] === 'contacts') commands.push(commandName);
  };
  client.on('commandStarted', listen);
  return { commands, stop: () => void client.off('commandStarted', listen) };
}
