import { ContactsApi, problemOf } from './contacts-api.ts';

let api: ContactsApi;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => api.database.clear());
afterAll(async () => api?.stop());

/** What an attacker puts in the place of a value. */
const OPERATORS: unknown[] = [
  { $ne: null },
  { $gt: '' },
  { $gte: '' },
  { $lt: '~' },
  { $exists: true },
  { $in: ['new', 'replied'] },
  { $nin: [] },
  { $regex: '.*' },
  { $regex: '^(a+)+$', $options: 'i' },
  { $not: { $eq: 1 } },
  { $where: 'sleep(5000)' },
  { $expr: { $eq: [1, 1] } },
  { $function: { body: 'function() { return true }', args: [], lang: 'js' } },
  { $elemMatch: { $exists: true } },
  { $type: 2 },
  { $size: 0 },
  { $mod: [1, 0] },
  { $set: { status: 'replied' } },
  { $inc: { version: 1 } },
  { $or: [{}, {}] },
  { $comment: 'x' },
  { _bsontype: 'ObjectId', id: 'aaaaaaaaaaaa' },
  { _bsontype: 'Code', code: 'while(true){}' },
  { $numberLong: '1' },
  { $date: '2020-01-01T00:00:00Z' },
  { $oid: 'aaaaaaaaaaaaaaaaaaaaaaaa' },
  { toString: 'x' },
  { valueOf: 1 },
  [{ $ne: null }],
  [[]],
];
const FIELDS = ['email', 'name', 'organization', 'status', 'notes', 'lastContactedAt', 'tags'];

describe('A21: operators', () => {
  it('are no values of a body, in any field', async () => {
    const { id } = await api.create({ email: 'ada@example.org', status: 'new' });
    const before = await api.collection.find().toArray();
    const statuses = new Map<number, number>();
    const count = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
    for (const field of FIELDS) {
      for (const value of OPERATORS) {
        const body = { email: 'eve@example.org', [field]: value };
        const ifMatch = { 'if-match': '*' };
        count((await api.post(body)).status);
        count((await api.send('PATCH', `/contacts/${id}`, body, ifMatch)).status);
        count((await api.send('PUT', `/contacts/${id}`, body, ifMatch)).status);
      }
    }
    expect([...statuses]).toEqual([[400, FIELDS.length * OPERATORS.length * 3]]);
    expect(await api.collection.find().toArray()).toEqual(before);
  });

  it.each([
    '[{"$ne":null}]',
    '{"$set":{"email":"eve@example.org"}}',
    '{"$where":"1"}',
    '{"email":"eve@example.org","$inc":{"version":1}}',
    '{"email":"eve@example.org","tags.0":"x"}',
    '{"email":"eve@example.org","tags":{"0":"x"}}',
    '{"email":"eve@example.org","address.city":"x"}',
    '"text"',
    '1',
    'null',
    'true',
  ])('are no body: %s', async (body) => {
    const { id } = await api.create({ email: 'ada@example.org' });
    for (const answer of [
      await api.post(body),
      await api.send('PATCH', `/contacts/${id}`, body, { 'if-match': '*' }),
      await api.send('PUT', `/contacts/${id}`, body, { 'if-match': '*' }),
    ])
      expect(answer.status).toBe(400);
    expect(await api.collection.countDocuments()).toBe(1);
  });

  it('are no parameters', async () => {
    await api.create({ email: 'ada@example.org' });
    const names = [
      'status',
      'tag',
      'email',
      'organization',
      'limit',
      'sort',
      'cursor',
      'count',
      '_id',
      'version',
    ];
    const operators = ['$ne', '$gt', '$regex', '$where', '$in', '$exists'];
    const queries = [
      ...names.flatMap((name) => operators.map((operator) => `${name}[${operator}]=x`)),
      ...names.flatMap((name) => operators.map((operator) => `${name}.${operator}=x`)),
      ...operators.map((operator) => `${operator}=1`),
      ...names.map((name) => `${name}[]=x`),
      'filter={"$ne":null}',
      '__proto__=x',
      '__proto__[status]=x',
      'constructor=x',
      'constructor[prototype][x]=1',
      'toString=x',
      'hasOwnProperty=x',
    ];
    for (const path of ['/contacts', '/contacts/export']) {
      for (const query of queries) {
        const answer = await api.request(`${path}?${encodeURI(query)}`);
        expect([query, answer.status]).toEqual([query, 400]);
        expect(await answer.text()).not.toContain('ada@example.org');
      }
    }
    expect(queries.length * 2).toBeGreaterThan(200);
  });

  it('are values of a filter when they are text', async () => {
    await api.create({ email: 'ada@example.org', tags: ['x'] });
    for (const value of [
      '{"$ne":null}',
      '[$ne]',
      '$ne',
      '.*',
      '/.*/',
      'null',
      'undefined',
      '*',
      "' || '1'=='1",
    ]) {
      for (const name of ['tag', 'email', 'organization']) {
        const answer = await api.request(`/contacts?${name}=${encodeURIComponent(value)}`);
        expect([answer.status, await answer.json()]).toMatchObject([200, { data: [] }]);
      }
    }
  });
});

describe('A22: fields that are not for clients', () => {
  const own = {
    id: 'aaaaaaaaaaaaaaaaaaaaaaaa',
    _id: 'aaaaaaaaaaaaaaaaaaaaaaaa',
    version: 7,
    __v: 7,
    createdAt: '2000-01-01T00:00:00.000Z',
    updatedAt: '2000-01-01T00:00:00.000Z',
    role: 'admin',
    isAdmin: true,
    password: 'x',
  };

  it.each(Object.entries(own))('%s is refused in every change', async (field, value) => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const before = await api.collection.find().toArray();
    const body = { email: 'eve@example.org', [field]: value };
    for (const answer of [
      await api.post(body),
      await api.send('PATCH', `/contacts/${id}`, body, { 'if-match': '*' }),
      await api.send('PUT', `/contacts/${id}`, body, { 'if-match': '*' }),
    ]) {
      expect(answer.status).toBe(400);
      const { code, errors } = await problemOf(answer);
      expect([code, errors]).toEqual([
        'INPUT_INVALID',
        [{ path: field, message: 'is not a field that can be set' }],
      ]);
    }
    const imported = await api.importLines(JSON.stringify(body));
    expect([imported.status, await imported.json()]).toEqual([
      200,
      {
        inserted: 0,
        failed: 1,
        errors: [
          {
            line: 1,
            code: 'INPUT_INVALID',
            detail: `Some fields are not valid: ${field} is not a field that can be set`,
          },
        ],
      },
    ]);
    expect(await api.collection.find().toArray()).toEqual(before);
  });
});

describe('A23: keys of prototypes', () => {
  const bodies = [
    '{"email":"e@example.org","__proto__":{"polluted":1}}',
    '{"email":"e@example.org","constructor":{"prototype":{"polluted":1}}}',
    '{"email":"e@example.org","notes":{"a":{"__proto__":{"polluted":1}}}}',
    '{"email":"e@example.org","tags":[{"constructor":{"prototype":{"polluted":1}}}]}',
    '{"email":"e@example.org","\\u005f_proto__":{"polluted":1}}',
    '{"email":"e@example.org","constructor":1}',
    '{"email":"e@example.org","prototype":{}}',
    '{"email":"e@example.org","__defineGetter__":1}',
  ];

  it('are refused a thousand times, and nothing is polluted', async () => {
    const { id } = await api.create({ email: 'ada@example.org' });
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (let sent = 0; sent < 1_000; sent += 40) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, async (_, i) => {
          const body = bodies[(sent + i) % bodies.length] ?? '';
          return i % 2 === 0
            ? api.post(body)
            : api.send('PATCH', `/contacts/${id}`, body, { 'if-match': '*' });
        }),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect({}).not.toHaveProperty('polluted');
    expect(await api.collection.countDocuments()).toBe(1);
  });
});
