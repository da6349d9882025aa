import { BulkWriteError } from '#database';
import { ContactsRepository } from '../../apps/api/src/contacts/contacts.repository.ts';
import { ResourceApi } from './resource-api.ts';
import { seed } from './seed.ts';

let api: ResourceApi;
beforeAll(async () => {
  api = await ResourceApi.start('/contacts');
});
afterEach(async () => api.clear());
afterAll(async () => api?.stop());

describe(seed.name, () => {
  it('stores what the application would have stored, in order', async () => {
    const contacts = await seed(api.get(ContactsRepository), 120, (n) => ({ email: ` P${n}@Example.org` }));
    expect(contacts).toHaveLength(120);
    expect(contacts[119]).toMatchObject({ email: 'p120@example.org', status: 'new', tags: [], version: 0 });
    expect((await api.list('?limit=1&count=exact&sort=-createdAt')).total).toBe(120);
  });

  it('stops at what is refused', async () => {
    const twice = seed(api.get(ContactsRepository), 2, () => ({ email: 'p@example.org' }));
    await expect(twice).rejects.toBeInstanceOf(BulkWriteError);
  });
});

describe('ResourceApi.seed', () => {
  it('stores by the requests of the resource, in order', async () => {
    await api.seed(3, (n) => ({ email: `p${n}@example.org` }));
    const { data } = await api.list();
    expect(data.map(({ email }) => email)).toEqual(['p1@example.org', 'p2@example.org', 'p3@example.org']);
  });

  it('says what is refused', async () => {
    await expect(api.seed(2, () => ({ email: 'p@example.org' }))).rejects.toThrow('DUPLICATE_KEY');
  });
});
