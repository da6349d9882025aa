import { waitUntil } from '../../../test/support/wait-until.ts';
import { ContactsApi, problemOf } from './contacts-api.ts';
import { LARGE_PAGE, OpenAnswers } from './open-answers.ts';
import { fillContacts } from './open-exports.ts';

const PROBES = ['/health', '/health/live', '/health/ready', '/health/startup'];

let api: ContactsApi;
let answers: OpenAnswers;
beforeAll(async () => {
  api = await ContactsApi.start();
  await fillContacts(api.collection);
});
beforeEach(async () => {
  answers = await OpenAnswers.start(api.application.url);
});
afterEach(() => answers?.end());
afterAll(async () => api?.stop());

describe('answers that their clients do not take', () => {
  it('leave no room for another large one, which is told when to try again', async () => {
    const { refusal } = answers;
    const { status, headers } = refusal;
    expect([status, headers.get('retry-after'), headers.get('link')]).toEqual([503, '2', null]);
    expect((await problemOf(refusal)).code).toBe('TOO_MANY_ANSWERS');
  });

  it('leave room for small ones, for what is written, for exports and for probes', async () => {
    const { status, headers } = await api.post({ email: 'small@example.org' });
    expect(status).toBe(201);
    expect((await api.request(headers.get('location') ?? '')).status).toBe(200);
    expect((await api.request('/contacts/export?status=replied')).status).toBe(200);
    for (const path of PROBES) expect([path, (await api.request(path)).status]).toEqual([path, 200]);
  });

  it('have their room again when their clients have gone', async () => {
    answers.end();
    const isServed = async (): Promise<boolean> => (await api.request(LARGE_PAGE)).status === 200;
    expect(await waitUntil(isServed)).toBe(true);
  });
});
