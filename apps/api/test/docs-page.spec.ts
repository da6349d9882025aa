import type { Browser, Locator, Page } from 'playwright-core';
import { TestApplication } from '../../../test/support/application.ts';
import { BrowserPage, findChromium, startChromium } from '../../../test/support/browser.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write(
    'SKIPPED: the API documentation is not tested in a browser, since there is none: install chromium, or set CHROMIUM_PATH\n',
  );
}
const describeInBrowser = executable === undefined ? describe.skip : describe;

describeInBrowser('/docs in a browser (needs chromium, or CHROMIUM_PATH)', () => {
  let browser: Browser;
  let database: TestDatabase;
  let api: TestApplication;
  let docs: BrowserPage;
  /** Hosts that the page asked for anything. */
  let hosts: Set<string>;

  beforeAll(async () => {
    database = await TestDatabase.start();
    api = await TestApplication.start({ MONGODB_URI: database.uri });
    await api.until('/health/startup', 200);
    browser = await startChromium(executable ?? '');
  });
  beforeEach(async () => {
    docs = await BrowserPage.open(browser, 'about:blank');
    hosts = new Set();
    docs.page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await docs.page.goto(`${api.url}/docs`);
    await operation(docs.page, 'Create a contact').waitFor();
  });
  afterEach(async () => docs?.close());
  afterAll(async () => {
    await browser?.close();
    await api?.stop();
    await database?.stop();
  });

  it('shows every operation, and asks nobody else', async () => {
    expect(await docs.page.title()).toBe('OpenAI Outreach: API documentation');
    const document = (await (await api.request('/docs-json')).json()) as { paths: Record<string, object> };
    const operations = Object.values(document.paths).flatMap((item) => Object.keys(item));
    expect(await docs.page.locator('.opblock').count()).toBe(operations.length);
    expect([...hosts]).toEqual([new URL(api.url).host]);
    await docs.screenshot('docs');
    expect(docs.complaints).toEqual([]);
  });

  it('creates a contact by "Try it out", and reads it back', async () => {
    const create = await tryOut(docs.page, 'Create a contact');
    const body = { email: 'grace@example.org', name: 'Grace Hopper', tags: ['navy'] };
    await create.locator('textarea.body-param__text').fill(JSON.stringify(body));
    const { status, text } = await execute(create);
    expect(status).toBe('201');
    const { id } = JSON.parse(text) as { id: string };
    const [stored] = await database.db.collection('contacts').find().toArray();
    expect(stored).toMatchObject(body);
    expect(stored?._id.toHexString()).toBe(id);

    const read = await tryOut(docs.page, 'Read one contact');
    await read.locator('tr[data-param-name="id"] input').fill(id);
    const answer = await execute(read);
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject(['200', { id, ...body }]);
    await docs.screenshot('docs-tried');
    expect(docs.complaints).toEqual([]);
  });

  it('shows the problem of a request that is refused', async () => {
    const create = await tryOut(docs.page, 'Create a contact');
    await create.locator('textarea.body-param__text').fill('{"email":"nobody"}');
    const { status, text } = await execute(create);
    expect([status, JSON.parse(text)]).toMatchObject(['400', { code: 'INPUT_INVALID' }]);
    // The browser reports every refused request.
    expect(docs.complaints).toEqual([expect.stringContaining('status of 400')]);
  });
});

function operation(page: Page, summary: string): Locator {
  return page.locator('.opblock', { has: page.getByText(summary, { exact: true }) });
}

async function tryOut(page: Page, summary: string): Promise<Locator> {
  const block = operation(page, summary);
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  return block;
}

async function execute(block: Locator): Promise<{ status: string; text: string }> {
  await block.getByRole('button', { name: 'Execute' }).click();
  const answer = block.locator('.live-responses-table');
  await answer.locator('.response-col_status').last().waitFor();
  const status = (await answer.locator('tbody .response-col_status').first().innerText()).trim();
  return {
    status: status.split('\n', 1)[0] ?? '',
    text: await answer.locator('.response-col_description .highlight-code code').first().innerText(),
  };
}
