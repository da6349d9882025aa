import fc from 'fast-check';
import { contactOf, ContactsApi, type ContactJson } from './contacts-api.ts';

const RUNS = 150;

let api: ContactsApi;
beforeAll(async () => {
  api = await ContactsApi.start();
});
afterEach(async () => api.database.clear());
afterAll(async () => api?.stop());

/** The documented form: UTC, with milliseconds. */
const YEAR_1 = new Date('0001-01-01T00:00:00.000Z');
const YEAR_9999 = new Date('9999-12-31T23:59:59.999Z');
const dateTime = fc.date({ min: YEAR_1, max: YEAR_9999, noInvalidDate: true }).map((at) => at.toISOString());
/** Of any plane, also with NUL, marks of direction and line ends. */
const text = (min: number, max: number) =>
  fc.string({ minLength: min, maxLength: max, unit: 'binary', size: 'max' });
const contact = fc.record(
  {
    name: fc.option(text(1, 200)),
    organization: fc.option(text(1, 200)),
    tags: fc.array(text(1, 50), { maxLength: 50 }),
    status: fc.constantFrom('new', 'contacted', 'replied', 'opted-out'),
    notes: fc.option(text(0, 2_000)),
    lastContactedAt: fc.option(dateTime),
  },
  { requiredKeys: [] },
);

describe('A33: a contact is read as it was written', () => {
  it('of any values, by whatever way it is written and read', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(contact, contact, async (first, second) => {
        number += 1;
        const email = `person.${number}@example.org`;
        const created = await api.create({ email, ...first });
        expect(created).toMatchObject(expected(email, first));
        expect(await read(created.id)).toEqual(created);
        const replaced = await change('PUT', created.id, { email, ...second });
        expect(replaced).toMatchObject(expected(email, second));
        expect(await read(created.id)).toEqual(replaced);
        const patched = await change('PATCH', created.id, first);
        expect(patched).toMatchObject({ ...expected(email, second), ...first });
        expect(await read(created.id)).toEqual(patched);
      }),
      { numRuns: RUNS },
    );
  });

  it('of any values, through an import, the list and an export', async () => {
    const contacts = fc.sample(contact, RUNS).map((values, number) => ({
      email: `person.${number}@example.org`,
      ...values,
    }));
    const lines = contacts.map((values) => JSON.stringify(values)).join('\n');
    expect(await (await api.importLines(lines)).json()).toMatchObject({ inserted: RUNS, failed: 0 });
    const wanted = contacts.map(({ email, ...values }) => expected(email, values));
    const exported = (await (await api.request('/contacts/export')).text()).trimEnd().split('\n');
    const shown = exported.map((line) => JSON.parse(line) as ContactJson);
    expect(byEmail(shown)).toMatchObject(byEmail(wanted));
    const listed: ContactJson[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await api.request(`/contacts?limit=100&sort=-lastContactedAt,name${query}`);
      const page = (await answer.json()) as { data: ContactJson[]; next: string | null };
      listed.push(...page.data);
      cursor = page.next;
    }
    expect(byEmail(listed)).toEqual(byEmail(shown));
  });

  it('by a filter with the same text, of any plane', async () => {
    const tag = '\u{1d54b}'.repeat(50);
    const name = '\u{1f600}'.repeat(200);
    await api.create({ email: 'ada@example.org', tags: [tag], organization: name });
    for (const [parameter, value] of Object.entries({ tag, organization: name })) {
      const answer = await api.request(`/contacts?${parameter}=${encodeURIComponent(value)}`);
      expect([parameter, answer.status]).toEqual([parameter, 200]);
      expect(await answer.json()).toMatchObject({ data: [{ email: 'ada@example.org' }] });
    }
  });
});

describe('A33: a moment', () => {
  it.each([
    ['2026-11-05T10:30:00+01:00', '2026-11-05T09:30:00.000Z'],
    ['2026-11-05T09:30:00.1Z', '2026-11-05T09:30:00.100Z'],
    ['2026-11-05T09:30:00.123456789Z', '2026-11-05T09:30:00.123Z'],
    ['0001-01-01T00:00:00.000-00:01', '0001-01-01T00:01:00.000Z'],
    ['9999-12-31T23:59:59.999+00:00', '9999-12-31T23:59:59.999Z'],
    ['0001-01-01T00:00:00-23:59', '0001-01-01T23:59:00.000Z'],
  ])('%s is %s', async (sent, shown) => {
    const { id } = await api.create({ email: 'ada@example.org', lastContactedAt: sent });
    expect((await read(id)).lastContactedAt).toBe(shown);
  });

  it.each([
    '0000-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00.000+00:01',
    '9999-12-31T23:59:59.999-00:01',
    '10000-01-01T00:00:00Z',
    '+010000-01-01T00:00:00.000Z',
    '-000001-01-01T00:00:00.000Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-11-31T00:00:00Z',
    '2026-11-05T24:00:00Z',
    '2026-11-05T23:59:60Z',
    '2026-11-05',
    '2026-11-05T09:30:00',
    '2026-11-05 09:30:00Z',
    'Thu, 05 Nov 2026 09:30:00 GMT',
    '1793871000000',
    1_793_871_000_000,
    '',
  ])('%p is none', async (sent) => {
    const answer = await api.post({ email: 'ada@example.org', lastContactedAt: sent });
    expect(answer.status).toBe(400);
    expect(await api.collection.countDocuments()).toBe(0);
  });
});

type Values = Omit<ContactJson, 'email' | 'id'>;

/** What is absent has its default. */
function expected(email: string, values: Values): object {
  const defaults = {
    name: null,
    organization: null,
    tags: [],
    status: 'new',
    notes: null,
    lastContactedAt: null,
  };
  return { email, ...defaults, ...values };
}

async function read(id: string): Promise<ContactJson> {
  return contactOf(await api.request(`/contacts/${id}`));
}

async function change(method: string, id: string, body: object): Promise<ContactJson> {
  const answer = await api.send(method, `/contacts/${id}`, body, { 'if-match': '*' });
  expect(answer.status).toBe(200);
  return contactOf(answer);
}

function byEmail<C extends object>(contacts: readonly C[]): C[] {
  const emailOf = (item: C) => ('email' in item ? String(item.email) : '');
  return contacts.toSorted((one, other) => (emailOf(one) < emailOf(other) ? -1 : 1));
}
