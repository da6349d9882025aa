import { setTimeout as sleep } from 'node:timers/promises';

/** Pause before a request is sent again. */
const RETRY_MS = 50;

/** A request that was not answered as one expects of a service whose database comes and goes. */
export interface OddAnswer {
  status: number;
  body: string;
}

/**
 * Writers that create contacts over HTTP as fast as they are answered. Each contact has an `Idempotency-Key` and is sent again until it is
 * acknowledged, as a careful client does.
 */
export class HttpLoad {
  /** `id` of each contact by its e-mail. */
  readonly acknowledged = new Map<string, string>();
  /** Answers other than 201 and 503. */
  readonly odd: OddAnswer[] = [];
  /** Answers 503. */
  unavailable = 0;
  /** Milliseconds that were longest without a contact being acknowledged. */
  longestGapMs = 0;
  readonly #url: string;
  readonly #runs: Promise<void>[];
  #isOver = false;
  #acknowledgedAt = performance.now();

  /** @param url - Of the service */
  constructor(url: string, writers = 8) {
    this.#url = url;
    this.#runs = Array.from({ length: writers }, (_, writer) => this.#write(writer));
  }

  /** Lets every contact under way be acknowledged. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#runs);
  }

  async #write(writer: number): Promise<void> {
    for (let n = 0; !this.#isOver; n += 1) {
      const email = `w${writer}-${n}@example.org`;
      while (!(await this.#create(email))) await sleep(RETRY_MS);
    }
  }

  async #create(email: string): Promise<boolean> {
    const answer = await fetch(`${this.#url}/contacts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `key-${email}` },
      body: JSON.stringify({ email, name: 'Load' }),
    });
    const body = await answer.text();
    if (answer.status === 201) {
      this.acknowledged.set(email, (JSON.parse(body) as { id: string }).id);
      const now = performance.now();
      this.longestGapMs = Math.max(this.longestGapMs, now - this.#acknowledgedAt);
      this.#acknowledgedAt = now;
      return true;
    }
    if (answer.status === 503) this.unavailable += 1;
    else this.odd.push({ status: answer.status, body });
    return false;
  }
}
