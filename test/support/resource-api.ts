import type { Type } from '@nestjs/common';
import { TestApplication } from './application.ts';
import { TestDatabase } from './test-database.ts';

/** A document as it is answered. */
export interface ResourceJson {
  id: string;
  [field: string]: unknown;
}

export interface ListJson<V> {
  data: V[];
  next: string | null;
  previous: string | null;
  total?: number;
}

export interface ProblemJson {
  status: number;
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

/** The service with a database of its own, and the requests of one resource. */
export class ResourceApi<V extends ResourceJson = ResourceJson> {
  readonly application: TestApplication;
  readonly database: TestDatabase;
  readonly #path: string;

  protected constructor(path: string, { application, database }: Parts) {
    this.#path = path;
    this.application = application;
    this.database = database;
  }

  /**
   * Ready when the application has connected and the declared indexes are there.
   *
   * @param path - Of the resource, such as `/contacts`
   * @param environment - Variables for this application
   */
  static async start(path: string, environment: Record<string, string> = {}): Promise<ResourceApi> {
    return new ResourceApi(path, await startParts(environment));
  }

  /** A part of the application, such as its repository. */
  get<T>(type: Type<T>): T {
    return this.application.app.get(type, { strict: false });
  }

  async request(path: string, init?: RequestInit): Promise<Response> {
    return this.application.request(path, init);
  }

  /** @param body - Sent as JSON; text as it is, and nothing when it is `undefined` */
  async send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    if (body === undefined) return this.request(path, { method, headers });
    return this.request(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** @param query - From the `?` on */
  async list(query = ''): Promise<ListJson<V>> {
    return (await (await this.request(`${this.#path}${query}`)).json()) as ListJson<V>;
  }

  async post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.send('POST', this.#path, body, headers);
  }

  /** @throws {Error} When it is not created */
  async create(body: object): Promise<V> {
    const answer = await this.post(body);
    if (answer.status !== 201) throw new Error(await answer.text());
    return (await answer.json()) as V;
  }

  async importLines(lines: NonNullable<RequestInit['body']>): Promise<Response> {
    return this.request(`${this.#path}/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
      // Asked for by fetch where the body is a stream.
      duplex: 'half',
    });
  }

  /**
   * Stores many, by one import.
   *
   * @param make - Input for each of the numbers 1 to `count`, which is their order too
   * @throws {Error} When one of them is refused
   */
  async seed(count: number, make: (n: number) => object): Promise<void> {
    const lines = Array.from({ length: count }, (_, index) => JSON.stringify(make(index + 1)));
    const answer = await this.importLines(lines.join('\n'));
    const report = (await answer.json()) as { inserted?: number };
    if (report.inserted !== count) throw new Error(JSON.stringify(report));
  }

  /** Deletes every document; the indexes stay. */
  async clear(): Promise<void> {
    await this.database.clear();
  }

  async stop(): Promise<void> {
    await this.application.stop();
    await this.database.stop();
  }
}

interface Parts {
  application: TestApplication;
  database: TestDatabase;
}

/** For {@link ResourceApi} and the classes that extend it. */
export async function startParts(environment: Record<string, string> = {}): Promise<Parts> {
  const database = await TestDatabase.start();
  try {
    const application = await TestApplication.start({ MONGODB_URI: database.uri, ...environment });
    await application.until('/health/startup', 200);
    return { application, database };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

export async function problemOf(answer: Response): Promise<ProblemJson> {
  return (await answer.json()) as ProblemJson;
}
