import { setTimeout as sleep } from 'node:timers/promises';

/** What became of the requests since the last look. */
export interface Window {
  latenciesMs: number[];
  unavailable: number;
}

/** A careful client sends a contact again until it is acknowledged. */
const RETRY_MS = 200;
/** Requests under way at most: what a client pool would hold. */
const MOST_UNDER_WAY = 200;

/** Requests at a fixed rate whatever they take: every second one creates a contact, the others read. */
export class Traffic {
  /** `id` of each contact by its e-mail. */
  readonly acknowledged = new Map<string, string>();
  /** Answers that are neither what was asked for nor 503. */
  readonly odd: string[] = [];
  readonly counts = { turns: 0, skipped: 0, answers: 0, unavailable: 0 };
  /** Contacts that were sent again. */
  retries = 0;
  readonly #url: string;
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #window: Window = { latenciesMs: [], unavailable: 0 };

  /**
   * @param url - Of the service
   * @param perSecond - Requests
   */
  constructor(url: string, perSecond: number) {
    this.#url = url;
    this.#timer = setInterval(() => this.#send(), 1_000 / perSecond);
  }

  /** What happened since the last call. */
  takeWindow(): Window {
    const window = this.#window;
    this.#window = { latenciesMs: [], unavailable: 0 };
    return window;
  }

  /** Sends no more, and waits until every contact under way is acknowledged. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  #send(): void {
    const turn = (this.counts.turns += 1);
    if (this.#underWay.size >= MOST_UNDER_WAY) {
      this.counts.skipped += 1;
      return;
    }
    const request = (turn % 2 === 0 ? this.#create(turn) : this.#read(turn))
      .catch((error: unknown) => void this.odd.push(String(error)))
      .finally(() => this.#underWay.delete(request));
    this.#underWay.add(request);
  }

  async #create(turn: number): Promise<void> {
    const email = `soak-${turn}@example.org`;
    const body = JSON.stringify({ email, name: `Soak ${turn}` });
    const headers = { 'content-type': 'application/json', 'idempotency-key': email };
    for (;;) {
      const answer = await this.#ask('/contacts', { method: 'POST', headers, body });
      if (answer.status === 201) {
        this.acknowledged.set(email, (JSON.parse(answer.text) as { id: string }).id);
        return;
      }
      if (answer.status !== 503) throw new Error(`POST ${answer.status} ${answer.text}`);
      await sleep(RETRY_MS);
      this.retries += 1;
    }
  }

  async #read(turn: number): Promise<void> {
    const ids = [...this.acknowledged.values()].slice(-100);
    const id = ids[turn % Math.max(1, ids.length)];
    const path = id === undefined || turn % 10 === 1 ? '/contacts?limit=20' : `/contacts/${id}`;
    const { status, text } = await this.#ask(path);
    if (status !== 200 && status !== 503) throw new Error(`GET ${path} ${status} ${text}`);
  }

  async #ask(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
    const startedAt = performance.now();
    const answer = await fetch(`${this.#url}${path}`, init);
    const text = await answer.text();
    this.#window.latenciesMs.push(performance.now() - startedAt);
    this.counts.answers += 1;
    if (answer.status === 503) {
      this.counts.unavailable += 1;
      this.#window.unavailable += 1;
    }
    return { status: answer.status, text };
  }
}
