import { mongo } from 'mongoose';
import { contactOf, ContactsApi, problemOf } from './contacts-api.ts';

let api: ContactsApi;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => api.database.clear());
afterAll(async () => api?.stop());

const UNKNOWN = new mongo.ObjectId().toHexString();
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

describe('POST /contacts', () => {
  it('creates a contact, and says where it is', async () => {
    const answer = await api.post({ email: ' Ada@Example.ORG ', name: 'Ada', tags: ['a', 'b'] });
    const contact = await contactOf(answer);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/contacts/${contact.id}`);
    expect(answer.headers.get('etag')).toBe('"0"');
    expect(contact).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      email: 'ada@example.org',
      name: 'Ada',
      organization: null,
      tags: ['a', 'b'],
      status: 'new',
      notes: null,
      lastContactedAt: null,
      createdAt: expect.stringMatching(ISO),
      updatedAt: contact.createdAt,
    });
    const read = await api.request(answer.headers.get('location') ?? '');
    expect(await contactOf(read)).toEqual(contact);
    expect(await api.collection.countDocuments()).toBe(1);
  });

  it('names the field that another contact has already', async () => {
    await api.create({ email: 'ada@example.org' });
    const answer = await api.post({ email: 'ADA@example.org' });
    expect(answer.status).toBe(409);
    expect(await problemOf(answer)).toMatchObject({
      code: 'DUPLICATE_KEY',
      errors: [{ path: 'email', message: 'is already taken' }],
    });
  });

  it('takes null for what may be absent', async () => {
    const contact = await api.create({ email: 'ada@example.org', name: null, lastContactedAt: null });
    expect(contact).toMatchObject({ name: null, lastContactedAt: null });
    const [stored] = await api.collection.find().toArray();
    expect(Object.keys(stored ?? {})).not.toContain('name');
  });
});

describe('GET /contacts/:id', () => {
  it('answers 304 to who has it already', async () => {
    const { id } = await api.create({ email: 'ada@example.org' });
    for (const tag of ['"0"', 'W/"0"', '"7", "0"', '*']) {
      const answer = await api.request(`/contacts/${id}`, { headers: { 'if-none-match': tag } });
      expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([304, '"0"', '']);
    }
    const other = await api.request(`/contacts/${id}`, { headers: { 'if-none-match': '"1"' } });
    expect(other.status).toBe(200);
  });

  it('answers 404 to an unknown id', async () => {
    const answer = await api.request(`/contacts/${UNKNOWN}`);
    expect(answer.status).toBe(404);
    expect(await problemOf(answer)).toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
  });

  it('has a HEAD without a body', async () => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const answer = await api.request(`/contacts/${id}`, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([200, '"0"', '']);
  });
});

describe.each(['PATCH', 'PUT', 'DELETE'])('%s /contacts/:id', (method) => {
  const body = method === 'DELETE' ? undefined : JSON.stringify({ email: 'eve@example.org' });
  const change = async (id: string, headers: Record<string, string> = {}) =>
    api.request(`/contacts/${id}`, {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body }),
    });

  it('needs If-Match', async () => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const answer = await change(id);
    expect(answer.status).toBe(428);
    expect(await problemOf(answer)).toMatchObject({ code: 'PRECONDITION_REQUIRED' });
    expect(await api.collection.findOne()).toMatchObject({ email: 'ada@example.org', version: 0 });
  });

  it.each(['"1"', '"stale"', '0', 'W/"0"', '"00"', '"1", "2"'])('refuses %s as stale', async (tag) => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const answer = await change(id, { 'if-match': tag });
    expect(answer.status).toBe(412);
    expect(await problemOf(answer)).toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await api.collection.findOne()).toMatchObject({ email: 'ada@example.org', version: 0 });
  });

  it.each(['"0"', '*'])('changes with %s', async (tag) => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const answer = await change(id, { 'if-match': tag });
    expect(answer.status).toBe(method === 'DELETE' ? 204 : 200);
    expect(answer.headers.get('etag')).toBe(method === 'DELETE' ? null : '"1"');
    expect(await api.collection.countDocuments({ email: 'ada@example.org' })).toBe(0);
  });

  it.each(['"0"', '*', '"stale"'])('answers 404 to an unknown id with %s', async (tag) => {
    const answer = await change(UNKNOWN, { 'if-match': tag });
    expect([answer.status, (await problemOf(answer)).code]).toEqual([404, 'DOCUMENT_NOT_FOUND']);
  });

  it('lets one of twenty through that have seen the same version', async () => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => change(id, { 'if-match': '"0"' })),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    // A later one finds nothing any more when the first has deleted it.
    const late = method === 'DELETE' ? [404, 412] : [412];
    expect(statuses.filter((status) => status < 300)).toHaveLength(1);
    expect(statuses.slice(1).filter((status) => !late.includes(status))).toEqual([]);
  });
});

describe('PATCH /contacts/:id', () => {
  const patch = async (id: string, body: unknown, type = 'application/merge-patch+json') =>
    api.send('PATCH', `/contacts/${id}`, body, { 'content-type': type, 'if-match': '*' });

  it.each(['application/json', 'application/merge-patch+json', 'application/merge-patch+json;charset=utf-8'])(
    'sets what is given and removes what is null (%s)',
    async (type) => {
      const { id, createdAt } = await api.create({ email: 'ada@example.org', name: 'Ada', notes: 'x' });
      const answer = await patch(id, { name: null, notes: 'y', tags: ['t'] }, type);
      expect(await contactOf(answer)).toMatchObject({
        email: 'ada@example.org',
        name: null,
        notes: 'y',
        tags: ['t'],
        createdAt,
      });
      expect(await api.collection.findOne()).not.toHaveProperty('name');
    },
  );

  it.each(['email', 'status', 'tags'])('does not remove %s', async (field) => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const answer = await patch(id, { [field]: null });
    expect(answer.status).toBe(400);
    expect((await problemOf(answer)).errors).toMatchObject([{ path: field }]);
  });

  it('leaves everything as it is when nothing is given', async () => {
    const contact = await api.create({ email: 'ada@example.org' });
    const answer = await patch(contact.id, {});
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"0"']);
    expect(await contactOf(answer)).toEqual(contact);
    const stale = await api.send('PATCH', `/contacts/${contact.id}`, {}, { 'if-match': '"4"' });
    expect(stale.status).toBe(412);
  });

  it('names the e-mail that another contact has', async () => {
    await api.create({ email: 'ada@example.org' });
    const { id } = await api.create({ email: 'eve@example.org' });
    const answer = await patch(id, { email: 'ada@example.org' });
    expect([answer.status, (await problemOf(answer)).errors]).toEqual([
      409,
      [{ path: 'email', message: 'is already taken' }],
    ]);
  });
});

describe('PUT /contacts/:id', () => {
  it('replaces everything but the time of creation', async () => {
    const { id, createdAt } = await api.create({ email: 'ada@example.org', name: 'Ada', status: 'replied' });
    const body = { email: 'eve@example.org', notes: 'n' };
    const answer = await api.send('PUT', `/contacts/${id}`, body, { 'if-match': '"0"' });
    expect(await contactOf(answer)).toMatchObject({ ...body, id, createdAt, name: null, status: 'new' });
  });
});
