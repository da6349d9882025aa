import fc from 'fast-check';
import { mongo } from 'mongoose';
import { ContactsApi } from '../../apps/api/test/contacts-api.ts';
import { payload } from '../../libs/database/src/schema/filter-attacks.spec.ts';
import { expectFigure } from '../support/figures.ts';
import { routesOf } from '../support/routes.ts';

// INPUT_CASES sets the number of payloads, INPUT_SEED the seed that is printed with a failure.
const CASES = Number(process.env.INPUT_CASES ?? 250);
const SEED = Number(process.env.INPUT_SEED ?? Date.now() % 2 ** 31);
const ATTACKS = [
  ...new Set(fc.sample(payload, { numRuns: CASES, seed: SEED }).map((value) => JSON.stringify(value))),
];
const FIELDS = ['email', 'name', 'organization', 'tags', 'status', 'notes', 'lastContactedAt'];
const PARAMETERS = ['status', 'tag', 'email', 'organization', 'limit', 'sort', 'cursor', 'count', '_id'];
/** As long as an address may be, with what is in front of it. */
const MAX_QUERY_LENGTH = 8_000;
const NDJSON = { 'content-type': 'application/x-ndjson' };

let api: ContactsApi;
let id: string;
let before: mongo.Document[];
beforeAll(async () => {
  api = await ContactsApi.start();
  ({ id } = await api.create({ email: 'ada@example.org', name: 'Ada', notes: 'a secret', tags: ['x'] }));
  before = await api.collection.find().toArray();
});
afterAll(async () => api?.stop());

/** What a request was answered, in words that say which one it was. */
interface Outcome {
  request: string;
  status: number;
  text: string;
}

describe('A21: operators over HTTP', () => {
  it('there are enough of them', () => {
    expectFigure({
      row: 'A21',
      what: 'payloads',
      value: ATTACKS.length,
      unit: '',
      limit: 200,
      atLeast: true,
    });
  });

  it.each([
    ['POST', '/contacts'],
    ['PATCH', '/contacts/:id'],
    ['PUT', '/contacts/:id'],
  ])('are refused in and as the body of %s %s', async (method, route) => {
    const path = route.replace(':id', id);
    const bodies = ATTACKS.flatMap((attack, index) => [
      attack,
      `{"email":"eve@example.org",${JSON.stringify(FIELDS[index % FIELDS.length])}:${attack}}`,
      `{"email":"eve@example.org","tags":["x",${attack}]}`,
    ]);
    const outcomes = await sendAll(bodies, async (body) => {
      // An empty patch changes nothing, and is none.
      if (method === 'PATCH' && body === '{}') return undefined;
      return api.send(method, path, body, { 'if-match': '*' });
    });
    await expectRefused('A21', `${method} ${route}`, outcomes);
  });

  it('are refused as lines of an import', async () => {
    const lines = ATTACKS.flatMap((attack, index) => [
      attack,
      `{"email":"eve@example.org",${JSON.stringify(FIELDS[index % FIELDS.length])}:${attack}}`,
    ]);
    const answer = await api.importLines(lines.join('\n'));
    const report = (await answer.json()) as { inserted: number; failed: number; errors: { code: string }[] };
    expect(report).toMatchObject({ inserted: 0, failed: lines.length });
    expect([...new Set(report.errors.map(({ code }) => code))]).toEqual(['INPUT_INVALID']);
    expect(await api.collection.find().toArray()).toEqual(before);
  });

  it.each(['/contacts', '/contacts/export'])('are refused as parameters of %s', async (path) => {
    const queries = ATTACKS.flatMap((attack, index) => {
      const name = PARAMETERS[index % PARAMETERS.length] ?? '';
      return bracketed(name, JSON.parse(attack))
        .map(encodeURI)
        .filter((query) => query.length < MAX_QUERY_LENGTH);
    });
    expect(queries.length).toBeGreaterThan(200);
    await expectRefused(
      'A21',
      path,
      await sendAll(queries, async (query) => api.request(`${path}?${query}`)),
    );
  });

  it('are refused as ids', async () => {
    const texts = ATTACKS.map((attack) => encodeURIComponent(attack));
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const outcomes = await sendAll(texts, async (text) =>
        ['GET', 'DELETE'].includes(method)
          ? api.request(`/contacts/${text}`, { method, headers: { 'if-match': '*' } })
          : api.send(method, `/contacts/${text}`, { email: 'eve@example.org' }, { 'if-match': '*' }),
      );
      await expectRefused('A21', `${method} /contacts/:id by its id`, outcomes);
    }
  });

  it('find nothing as values of a filter', async () => {
    for (const name of ['tag', 'email', 'organization']) {
      const texts = ATTACKS.map(encodeURIComponent).filter((text) => text.length < MAX_QUERY_LENGTH);
      const outcomes = await sendAll(texts, async (text) => api.request(`/contacts?${name}=${text}`));
      const found = outcomes.filter(({ status, text }) => status !== 400 && !text.startsWith('{"data":[],'));
      expect(found).toEqual([]);
    }
  });

  it('are texts in headers', async () => {
    const eTag = (await api.request(`/contacts/${id}`)).headers.get('etag') ?? '';
    // Spaces at the end of a header are none of it, and what names the contact's version does so by right.
    const texts = ATTACKS.map((attack) =>
      attack
        .replaceAll(/[^\x20-\x7e]/g, '?')
        .slice(0, 200)
        .trim(),
    ).filter((text) => !text.includes(eTag));
    const changed = await sendAll(texts, async (text) =>
      api.send('PATCH', `/contacts/${id}`, { name: 'Eve' }, { 'if-match': text }),
    );
    expect([...new Set(changed.map(({ status }) => status))]).toEqual([412]);
    const read = await sendAll(texts, async (text) =>
      api.request(`/contacts/${id}`, { headers: { 'if-none-match': text } }),
    );
    expect([...new Set(read.map(({ status }) => status))]).toEqual([200]);
    const created = await sendAll(texts, async (text) =>
      api.post({ email: 'nobody' }, { 'idempotency-key': text }),
    );
    await expectRefused('A21', 'Idempotency-Key', created);
    const scopes = await api.database.db.collection<{ _id: string }>('idempotency_keys').distinct('_id');
    expect(scopes.toSorted()).toEqual([...new Set(texts)].map((text) => `POST /contacts ${text}`).toSorted());
  });

  it('make no route fail, whatever it takes', async () => {
    const routes = routesOf(api.application.app);
    const requests = routes.flatMap(({ method, path }) =>
      ATTACKS.map((attack, index) => ({ method, path: fill(path, attack, index), attack })),
    );
    expect(routes.length).toBeGreaterThanOrEqual(20);
    const faults: Outcome[] = [];
    for (const { method, path, attack } of requests) {
      const query = encodeURIComponent(attack).slice(0, MAX_QUERY_LENGTH);
      const address = `${path}?x[$ne]=${query}`;
      const hasBody = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method);
      const answer = hasBody
        ? await api.send(method, address, attack, path === '/contacts/import' ? NDJSON : {})
        : await api.request(address, { method });
      if (answer.status >= 500) faults.push(await toOutcome(`${method} ${address} ${attack}`, answer));
      else await answer.arrayBuffer();
    }
    expectFigure({ row: 'A21', what: 'answers of 5xx over HTTP', value: faults.length, unit: '', limit: 0 });
    expect(await api.collection.find().toArray()).toEqual(before);
  });
});

describe('A23: keys of prototypes over HTTP', () => {
  it('are refused a thousand times in every change and in the lines of an import', async () => {
    const own = Object.getOwnPropertyNames(Object.prototype);
    const bodies = ['__proto__', 'constructor', 'prototype'].flatMap((key) => [
      `{"email":"e@example.org","${key}":{"polluted":1}}`,
      `{"email":"e@example.org","notes":{"${key}":{"polluted":1}}}`,
      `{"email":"e@example.org","tags":[[{"${key}":{"polluted":1}}]]}`,
      `{"email":"e@example.org","constructor":{"prototype":{"${key}":1}}}`,
    ]);
    const thousand = Array.from({ length: 1_000 }, (_, index) => bodies[index % bodies.length] ?? '');
    const outcomes = await sendAll(thousand, async (body, index) =>
      index % 2 === 0
        ? api.send('PUT', `/contacts/${id}`, body, { 'if-match': '*' })
        : api.send('PATCH', `/contacts/${id}`, body, {
            'if-match': '*',
            'content-type': 'application/merge-patch+json',
          }),
    );
    await expectRefused('A23', 'keys of prototypes', outcomes);
    const report = (await (await api.importLines(thousand.join('\n'))).json()) as object;
    expect(report).toMatchObject({ inserted: 0, failed: 1_000 });
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(own);
    expect({}).not.toHaveProperty('polluted');
  });
});

/** At 20 at a time. */
async function sendAll(
  inputs: readonly string[],
  send: (input: string, index: number) => Promise<Response | undefined>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let start = 0; start < inputs.length; start += 20) {
    const group = inputs.slice(start, start + 20).map(async (input, offset) => {
      const answer = await send(input, start + offset);
      if (answer !== undefined) outcomes.push(await toOutcome(input, answer));
    });
    await Promise.all(group);
  }
  return outcomes;
}

async function toOutcome(request: string, answer: Response): Promise<Outcome> {
  return { request, status: answer.status, text: await answer.text() };
}

/** Every one a 400 that says nothing of what is stored, which stays as it is. */
async function expectRefused(row: string, what: string, outcomes: readonly Outcome[]): Promise<void> {
  const wrong = outcomes.filter(({ status, text }) => status !== 400 || text.includes('ada@example.org'));
  expect(wrong.slice(0, 3)).toEqual([]);
  expectFigure({ row, what: `${what}: not refused`, value: wrong.length, unit: '', limit: 0 });
  expect(await api.collection.find().toArray()).toEqual(before);
}

/** A value as parameters, the way that parsers of nested queries read them: `status[$in][0]=x`. */
function bracketed(name: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]: [string, unknown]) => {
    const path = `${name}[${key}]`;
    const inner = bracketed(path, item);
    return inner.length > 0 ? inner : [`${path}=${String(item)}`];
  });
}

/** A path with its parameters: by turns what is there, and the attack itself. */
function fill(path: string, attack: string, index: number): string {
  const value = index % 2 === 0 ? id : encodeURIComponent(attack);
  return path.replaceAll(/:\w+/g, value);
}
