import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { createApplication } from '../../apps/api/src/application.ts';
import { untilStatus } from './until-status.ts';
import { PATIENCE_MS } from './wait-until.ts';

/** The whole service inside the test process, over real HTTP on a port of its own. */
export class TestApplication {
  readonly app: NestFastifyApplication;
  readonly url: string;

  private constructor(app: NestFastifyApplication, url: string) {
    this.app = app;
    this.url = url;
  }

  /**
   * @param environment - Variables for this application; it is a `test` environment unless `NODE_ENV` says otherwise
   * @param prepare - Called with the application before it connects and listens
   */
  static async start(
    environment: Record<string, string>,
    prepare?: (app: NestFastifyApplication) => void,
  ): Promise<TestApplication> {
    // Jest gives each test file a process.env of its own.
    const before = { ...process.env };
    Object.assign(process.env, { NODE_ENV: 'test' }, environment);
    try {
      const app = await createApplication(pino({ level: 'silent' }));
      prepare?.(app);
      await app.listen(0, '127.0.0.1');
      return new TestApplication(app, await app.getUrl());
    } finally {
      process.env = before;
    }
  }

  /** One request; a path such as `/health`. */
  async request(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}${path}`, init);
  }

  /** Resolves when `path` answers with `status`. */
  async until(path: string, status: number, timeoutMs = PATIENCE_MS): Promise<Response> {
    return untilStatus(`${this.url}${path}`, status, timeoutMs);
  }

  async stop(): Promise<void> {
    await this.app.close();
  }
}
