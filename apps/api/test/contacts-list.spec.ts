import { ContactsApi, problemOf, type ContactJson } from './contacts-api.ts';

let api: ContactsApi;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => api.database.clear());
afterAll(async () => api?.stop());

interface ListJson {
  data: ContactJson[];
  next: string | null;
  previous: string | null;
  total?: number;
}

describe('GET /contacts', () => {
  const list = async (query: string) => (await (await api.request(`/contacts${query}`)).json()) as ListJson;
  const emails = ({ data }: ListJson) => data.map(({ email }) => email.split('@')[0]).join('');
  const fill = async () => {
    const at = Date.parse('2026-01-01T00:00:00Z');
    const documents = ['a', 'b', 'c', 'd', 'e'].map((name, index) => ({
      email: `${name}@example.org`,
      status: index % 2 === 0 ? 'new' : 'replied',
      tags: index < 3 ? ['x', 'y'] : [],
      organization: index < 2 ? 'Acme' : undefined,
      createdAt: new Date(at + index),
      updatedAt: new Date(at + index),
      version: 0,
    }));
    await api.collection.insertMany(documents, { ignoreUndefined: true });
  };

  it.each([
    ['?sort=email', 'abcde'],
    ['?sort=-createdAt', 'edcba'],
    ['?sort=-status,email', 'bdace'],
    ['?sort=organization,-email', 'edcba'],
    ['?status=replied&sort=email', 'bd'],
    ['?tag=x&sort=email', 'abc'],
    ['?email=%20C@Example.org', 'c'],
    ['?organization=Acme&sort=email', 'ab'],
    ['?tag=y&status=replied', 'b'],
    ['?tag=none', ''],
  ])('%s gives %s', async (query, expected) => {
    await fill();
    expect(emails(await list(query))).toBe(expected);
  });

  it('pages through everything by the links, there and back', async () => {
    await fill();
    const pages: string[] = [];
    let path: string | undefined = '/contacts?sort=-email&limit=2&status=new&count=exact';
    let last = '';
    while (path !== undefined) {
      last = path;
      const answer = await api.request(path);
      const page = (await answer.json()) as ListJson;
      expect(page.total).toBe(3);
      pages.push(emails(page));
      const link = answer.headers.get('link');
      expect(link?.includes('rel="next"') ?? false).toBe(page.next !== null);
      path = /<([^>]+)>; rel="next"/.exec(link ?? '')?.[1];
    }
    expect(pages).toEqual(['ec', 'a']);
    const back = /<([^>]+)>; rel="prev"/.exec((await api.request(last)).headers.get('link') ?? '')?.[1] ?? '';
    expect(back).toMatch(/^\/contacts\?sort=-email&limit=2&status=new&count=exact&cursor=/);
    expect(emails((await (await api.request(back)).json()) as ListJson)).toBe('ec');
  });

  it('has no link where there is no other page', async () => {
    expect((await api.request('/contacts?email=nobody@example.org')).headers.has('link')).toBe(false);
  });

  it('has twenty on a page, a hundred at most, and no total unless asked', async () => {
    const many = Array.from({ length: 120 }, (_, i) => ({
      email: `p${i}@example.org`,
      status: 'new',
      createdAt: new Date(i),
      updatedAt: new Date(i),
      version: 0,
    }));
    await api.collection.insertMany(many);
    const first = await list('');
    expect([first.data.length, Object.keys(first)]).toEqual([20, ['data', 'next', 'previous']]);
    expect((await list('?limit=1000')).data).toHaveLength(100);
    expect((await list('?limit=3&count=estimated')).total).toBe(120);
  });

  it('has no cursor that was changed, or belongs to another list', async () => {
    await fill();
    const { next } = await list('?limit=1&sort=email');
    const cursor = next ?? '';
    const changed = `${cursor.slice(0, -2)}${cursor.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const query of [
      `sort=email&cursor=${changed}`,
      `sort=-email&cursor=${cursor}`,
      `cursor=${cursor}`,
    ]) {
      const answer = await api.request(`/contacts?limit=1&${query}`);
      expect([answer.status, (await problemOf(answer)).code]).toEqual([400, 'CURSOR_INVALID']);
    }
  });

  it.each([
    'limit=0',
    'limit=-1',
    'limit=x',
    'limit=1.5',
    'limit=',
    'limit=1&limit=2',
    'sort=notes',
    'sort=',
    'sort=email,email',
    'sort=email,-email',
    'sort=$where',
    'sort=email,name,status,createdAt',
    'count=all',
    'status=unknown',
    'tag=',
    'cursor=',
    'name=Ada',
    'page=2',
    'email=a@b.org&email=c@d.org',
  ])('refuses ?%s', async (query) => {
    const answer = await api.request(`/contacts?${query}`);
    expect(answer.status).toBe(400);
    const { code, errors = [] } = await problemOf(answer);
    expect([code, errors.length]).toEqual(['INPUT_INVALID', 1]);
  });
});
