import { accessSync, constants, globSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { PATIENCE_MS } from './wait-until.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PLAYWRIGHT = [
  '.cache/ms-playwright/chromium*/chrome-linux*/{chrome,headless_shell}',
  '.cache/ms-playwright/chromium*/chrome-headless-shell-linux*/chrome-headless-shell',
];
const APPLICATIONS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const SCREENSHOTS = resolve(import.meta.dirname, '../../reports/screenshots');

/** The first that can be run: `CHROMIUM_PATH`, the `PATH`, what Playwright has installed. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = process.env;
  const candidates = [
    ...(CHROMIUM_PATH === undefined ? [] : [CHROMIUM_PATH]),
    ...PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name))),
    ...globSync(PLAYWRIGHT, { cwd: homedir() }).map((path) => join(homedir(), path)),
    ...APPLICATIONS,
  ];
  return candidates.find(isExecutable);
}

/** A page in a real browser, with everything it complains of. */
export class BrowserPage {
  /** Errors of its console, of its scripts, and of its security policy. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<BrowserPage> {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const opened = new BrowserPage(await context.newPage());
    await opened.page.goto(url);
    return opened;
  }

  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).innerText()).trim();
  }

  /**
   * Resolves when the text of this element fits.
   *
   * @throws {Error} With the last text when the time is over
   */
  async until(selector: string, pattern: RegExp, timeoutMs = PATIENCE_MS): Promise<string> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const text = await this.text(selector);
      if (pattern.test(text)) return text;
      if (performance.now() > deadline) throw new Error(`${selector} is not ${String(pattern)}: ${text}`);
      await this.page.waitForTimeout(50);
    }
  }

  /** Kept in `reports/screenshots`, for people. */
  async screenshot(name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Headless; ended by `close()`, and with the test process. */
export async function startChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
