import { randomUUID } from 'node:crypto';

/** What became of one call; `elapsedMs` until the end of its answer. */
export interface Call {
  /** Such as `GET /contacts`. */
  what: string;
  /** 0 when there was no answer, or not all of it. */
  status: number;
  elapsedMs: number;
}

const NO_CONTACT = '0123456789abcdef01234567';
const JSON_TYPE = { 'content-type': 'application/json' };

/** One call of each way to use `/contacts`, as its clients do. */
export class ContactCalls {
  readonly #url: string;
  #id = NO_CONTACT;

  /** @param url - Of the service */
  constructor(url: string) {
    this.#url = url;
  }

  /** Creates the contact that is read from now on. */
  async createOne(): Promise<void> {
    const answer = await fetch(`${this.#url}/contacts`, newContact());
    this.#id = ((await answer.json()) as { id: string }).id;
  }

  /** Makes all of them at once, each as often as `times` says. */
  async make(times = 1): Promise<Call[]> {
    const rounds = Array.from({ length: times }, () => [
      this.#ask('GET /contacts', '/contacts'),
      this.#ask('GET /contacts/:id', `/contacts/${this.#id}`),
      this.#ask('POST /contacts', '/contacts', newContact()),
      this.#ask('POST /contacts with a key', '/contacts', newContact({ 'idempotency-key': randomUUID() })),
      this.#ask('GET /contacts/export', '/contacts/export'),
    ]);
    return Promise.all(rounds.flat());
  }

  async #ask(what: string, path: string, init: RequestInit = {}): Promise<Call> {
    const startedAt = performance.now();
    const status = await fetch(`${this.#url}${path}`, init).then(
      async (answer) =>
        answer.text().then(
          () => answer.status,
          () => 0,
        ),
      () => 0,
    );
    return { what, status, elapsedMs: performance.now() - startedAt };
  }
}

/** What calls answered, each way and status once: `GET /contacts: 503`. */
export function outcomes(calls: readonly Call[]): string[] {
  return [...new Set(calls.map(({ what, status }) => `${what}: ${status}`))].sort();
}

/** {@link outcomes} when each of them had this status. */
export function allWith(statusOf: (what: string) => number): string[] {
  const ways = [
    'GET /contacts',
    'GET /contacts/:id',
    'GET /contacts/export',
    'POST /contacts',
    'POST /contacts with a key',
  ];
  return ways.map((what) => `${what}: ${statusOf(what)}`).sort();
}

function newContact(headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify({ email: `${randomUUID()}@example.org` }),
  };
}
