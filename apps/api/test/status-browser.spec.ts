import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { TestApplication } from '../../../test/support/application.ts';
import { BrowserPage, findChromium, startChromium } from '../../../test/support/browser.ts';
import { MongodServer } from '../../../test/support/mongod-server.ts';
import { TcpProxy } from '../../../test/support/tcp-proxy.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const TOKEN = 'a-token-of-32-characters-for-tests';
const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 740 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
};

const executable = findChromium();
if (executable === undefined) {
  process.stderr.write(
    'SKIPPED: the status page is not tested in a browser, since there is none: install chromium, or set CHROMIUM_PATH\n',
  );
}
const describeInBrowser = executable === undefined ? describe.skip : describe;

describeInBrowser('the status page in a browser (needs chromium, or CHROMIUM_PATH)', () => {
  let browser: Browser;
  let server: MongodServer;
  let api: TestApplication;
  let status: BrowserPage;
  let databases = 0;
  const startApi = async (environment: Record<string, string> = {}) => {
    databases += 1;
    const uri = server.uri(`status_${databases}`);
    const started = await TestApplication.start({ MONGODB_URI: uri, ...environment });
    await started.until('/health/startup', 200);
    return started;
  };
  const open = async (options: BrowserContextOptions = {}) =>
    BrowserPage.open(browser, `${api.url}/status`, options);

  beforeAll(async () => {
    server = await MongodServer.start({ replSet: true });
    browser = await startChromium(executable ?? '');
  });
  beforeEach(async () => {
    if (!server.isRunning) await server.restart();
    api = await startApi();
  });
  afterEach(async () => {
    await status?.close();
    await api?.stop();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('shows what is connected', async () => {
    await api.request('/mongodb-test');
    status = await open();
    await status.until('#state-title', /^Connected$/);
    expect(await status.page.title()).toBe('Connected – MongoDB status');
    expect(await status.text('#state-message')).toBe('MongoDB connection successful.');
    expect(await status.text('#version')).toMatch(/^MongoDB \d+\.\d+\.\d+$/);
    expect(await status.text('#topology')).toBe('Replica set “test”');
    expect(await status.text('#primary')).toBe('The only member, takes writes');
    expect(await status.text('#members')).toBe('1: primary');
    expect(await status.text('#database')).toBe(`status_${databases}`);
    expect(await status.text('#pool-limit')).toBe('100');
    expect(await status.text('#commands-rows')).toMatch(/^find\s+[1-9]/m);
    expect(await status.text('#collections-rows')).toMatch(/test_documents\s+1\s+\d+ B/);
    expect(await status.text('#documents-rows')).toMatch(/MongoDB test document\s+[0-9a-f]{24}$/);
    await status.until('#chart-summary', /^Connected throughout .*; the slowest check took/);
    expect(await status.page.content()).not.toContain(String(server.port));
    await status.screenshot('up-light');
    expect(status.complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has no fault of accessibility (%s)', async (colorScheme) => {
    status = await open({ colorScheme, reducedMotion: 'reduce' });
    await status.until('#state-title', /^Connected$/);
    await status.page.locator('#main details summary').click();
    expect(await violations(status)).toEqual([]);
    await status.screenshot(`up-${colorScheme}-table`);
    await server.kill();
    await status.until('#state-title', /^Disconnected$/);
    await status.page.getByRole('button', { name: 'Run the test' }).click();
    await status.until('#test-result', /^MongoDB connection failed: /);
    expect(await violations(status)).toEqual([]);
    await status.screenshot(`down-${colorScheme}`);
  });

  it('tells of a killed database, keeps what was known, and recovers', async () => {
    await api.request('/mongodb-test');
    status = await open();
    await status.until('#state-title', /^Connected$/);
    const version = await status.text('#version');
    await server.kill();
    await status.until('#state-title', /^Disconnected$/);
    expect(await status.text('#state-message')).toMatch(/^MongoDB connection failed: .*\.$/);
    expect(await status.text('#announcement')).toMatch(/^Disconnected\. MongoDB connection failed: /);
    await status.until('#primary', /^None/);
    expect(await status.text('#version')).toBe(`${version} (last known)`);
    expect(await status.text('#collections-note')).toMatch(
      /From \d+ s ago: the database is not connected\.$/,
    );
    expect(await status.text('#collections-rows')).toContain('test_documents');
    expect(await status.text('#documents-rows')).toContain('MongoDB test document');
    await status.until('#chart-summary', /^Away once, /);
    await status.screenshot('down-in-between');

    await server.restart();
    await status.until('#state-title', /^Connected$/);
    await status.until('#version', /\d$/);
    await status.until('#primary', /takes writes/);
    expect(await status.text('#announcement')).toBe('Connected');
    expect(await status.text('#chart-summary')).toMatch(/^Away once, /);
    expect(await status.page.locator('#chart .away').count()).toBe(1);
    await status.screenshot('back');
    expect(status.complaints).toEqual([]);
  });

  it('runs the test by keyboard, and says when to come back', async () => {
    await api.stop();
    api = await startApi({ DIAGNOSTICS_RATE_PER_MINUTE: '2' });
    status = await open();
    await status.until('#documents-rows', /None yet/);
    const button = status.page.getByRole('button', { name: 'Run the test' });
    await button.focus();
    await status.page.keyboard.press('Enter');
    await status.until('#test-result', /^Written in .* ms and read back in .* ms\.$/);
    await status.until('#documents-rows', /[0-9a-f]{24}/);
    expect(await status.page.locator('#documents-rows tr').count()).toBe(1);
    expect(status.complaints).toEqual([]);
    await status.page.keyboard.press('Space');
    await expect(rowsUntil(status, 2)).resolves.toBe(2);
    await status.page.keyboard.press('Enter');
    await status.until('#test-result', /^Enough tests for the moment: try again in (\d+ s|1 min)\.$/);
    expect(await status.page.evaluate('document.activeElement.id')).toBe('run-test');
  });

  it.each(['refuse', 'mute'] as const)(
    'says when the service itself is away (%s), and keeps what was known',
    async (kind) => {
      const proxy = await TcpProxy.start(Number(new URL(api.url).port));
      try {
        status = await BrowserPage.open(browser, `http://127.0.0.1:${proxy.port}/status`);
        await status.until('#state-title', /^Connected$/);
        const version = await status.text('#version');
        proxy.setMode({ kind });
        await status.until('#state-title', /^The service does not answer$/);
        expect(await status.text('#state-message')).toMatch(/^Last known, \d+ s ago: connected\./);
        expect(await status.text('#version')).toBe(version);
        await status.screenshot('service-away');
        proxy.setMode({ kind: 'forward' });
        await status.until('#state-title', /^Connected$/);
        expect(await status.text('#announcement')).toBe('Connected');
      } finally {
        await proxy.close();
      }
    },
  );

  it('fits on a phone, with targets for a thumb', async () => {
    await api.request('/mongodb-test');
    status = await open(PHONE);
    await status.until('#state-title', /^Connected$/);
    const { page } = status;
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    for (const target of await page.locator('button:visible, summary:visible, a:visible:not(.skip)').all()) {
      const box = await target.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
    }
    expect(await violations(status)).toEqual([]);
    await status.screenshot('phone');
  });

  it('can be walked through by keyboard, and stopped', async () => {
    status = await open();
    await status.until('#state-title', /^Connected$/);
    const { page } = status;
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the status');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    const pause = page.getByRole('button', { name: 'Pause updates' });
    await pause.press('Enter');
    expect(await pause.getAttribute('aria-pressed')).toBe('true');
    await status.until('#updated', /^Paused; updated [3-9] s ago$/);
    await server.kill();
    await status.until('#updated', /^Paused; updated [6-9] s ago$/);
    expect(await status.text('#state-title')).toBe('Connected');
    expect(await status.text('#state-facts')).toMatch(/^As it was \d s ago/);
    await pause.press('Enter');
    await status.until('#state-title', /^Disconnected$/);
  });

  it('asks for the token in production', async () => {
    await api.stop();
    const production = { NODE_ENV: 'production', MONGODB_ALLOW_NO_AUTH: 'true', SHUTDOWN_DRAIN_MS: '0' };
    api = await startApi({ ...production, DIAGNOSTICS_TOKEN: TOKEN });
    status = await open();
    const { page } = status;
    const field = page.getByLabel('Token', { exact: true });
    await field.waitFor();
    expect(await page.locator('#report').isVisible()).toBe(false);
    expect(await violations(status)).toEqual([]);
    await field.fill('not the token');
    await field.press('Enter');
    await status.until('#sign-in-problem', /^This token is not accepted$/);
    await field.fill(`${TOKEN}x`);
    await field.press('Enter');
    await status.until('#sign-in-problem', /^This token is not accepted$/);
    await status.screenshot('sign-in');
    await field.fill(TOKEN);
    await field.press('Enter');
    await status.until('#state-title', /^Connected$/);
    await page.getByRole('button', { name: 'Run the test' }).click();
    await status.until('#test-result', /^Written in /);
    await page.reload();
    await status.until('#state-title', /^Connected$/);
    await page.getByRole('button', { name: 'Forget the token' }).click();
    await field.waitFor();
    await page.reload();
    await field.waitFor();
    expect(await page.locator('#report').isVisible()).toBe(false);
  });
});

async function violations({ page }: BrowserPage): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const results = (await page.evaluate('axe.run()')) as AxeResults;
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

async function rowsUntil({ page }: BrowserPage, count: number): Promise<number> {
  const rows = page.locator('#documents-rows tr');
  await rows.nth(count - 1).waitFor();
  return rows.count();
}
