import type { mongo } from 'mongoose';
import { TestApplication } from '../../../test/support/application.ts';
import { TestDatabase } from '../../../test/support/test-database.ts';

/** A contact as it is answered. */
export interface ContactJson {
  id: string;
  email: string;
  [field: string]: unknown;
}

export interface ProblemJson {
  status: number;
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

/** The service with a database of its own, and the requests of the contacts. */
export class ContactsApi {
  readonly application: TestApplication;
  readonly database: TestDatabase;

  private constructor(application: TestApplication, database: TestDatabase) {
    this.application = application;
    this.database = database;
  }

  static async start(): Promise<ContactsApi> {
    const database = await TestDatabase.start();
    const application = await TestApplication.start({ MONGODB_URI: database.uri });
    await application.until('/health/startup', 200);
    await database.db.collection('contacts').createIndex({ email: 1 }, { unique: true });
    return new ContactsApi(application, database);
  }

  get collection(): mongo.Collection {
    return this.database.db.collection('contacts');
  }

  async request(path: string, init?: RequestInit): Promise<Response> {
    return this.application.request(path, init);
  }

  /** @param body - Sent as JSON; text as it is */
  async send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.request(path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.send('POST', '/contacts', body, headers);
  }

  /** @throws {Error} When it is not created */
  async create(body: object): Promise<ContactJson> {
    const answer = await this.post(body);
    if (answer.status !== 201) throw new Error(await answer.text());
    return (await answer.json()) as ContactJson;
  }

  async importLines(lines: NonNullable<RequestInit['body']>): Promise<Response> {
    return this.request('/contacts/import', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
      // Asked for by fetch where the body is a stream.
      duplex: 'half',
    });
  }

  async stop(): Promise<void> {
    await this.application.stop();
    await this.database.stop();
  }
}

export async function problemOf(answer: Response): Promise<ProblemJson> {
  return (await answer.json()) as ProblemJson;
}

export async function contactOf(answer: Response): Promise<ContactJson> {
  return (await answer.json()) as ContactJson;
}
