/** One answer of a probe, or its failure. */
export interface Probe {
  /** Milliseconds since the prober began. */
  at: number;
  elapsedMs: number;
  /** 0 when there was no answer. */
  status: number;
  body: string;
}

/** What tells how the service is, and what each answers when it has started, whatever becomes of the database. */
const HEALTH_STATUSES: Record<string, readonly number[]> = {
  '/health': [200, 503],
  '/health/live': [200],
  '/health/ready': [200, 503],
  '/health/startup': [200],
};

/** Asks one address at a fixed rate, whatever the answers take, and keeps each answer. */
export class Prober {
  readonly probes: Probe[] = [];
  readonly #url: string;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #pending = new Set<Promise<void>>();

  constructor(url: string, everyMs = 100) {
    this.#url = url;
    // A test that fails before it stops this one ends all the same.
    this.#timer = setInterval(() => this.#ask(), everyMs).unref();
  }

  /** Milliseconds since the prober began. */
  get now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Answers to questions asked at or after `at`. */
  since(at: number): Probe[] {
    return this.probes.filter((probe) => probe.at >= at);
  }

  /** Stops asking and waits for the answers under way. */
  async stop(): Promise<Probe[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    return this.probes.sort((a, b) => a.at - b.at);
  }

  #ask(): void {
    const at = this.now;
    const asked = fetch(this.#url)
      .then(async (answer) => ({ status: answer.status, body: await answer.text() }))
      .catch((error: unknown) => ({ status: 0, body: String(error) }))
      .then((answer) => void this.probes.push({ at, elapsedMs: this.now - at, ...answer }))
      .finally(() => this.#pending.delete(asked));
    this.#pending.add(asked);
  }
}

/** Asks all of the paths of health at once. */
export class HealthProbers {
  readonly #probers: Map<string, Prober>;

  constructor(url: string) {
    this.#probers = new Map(Object.keys(HEALTH_STATUSES).map((path) => [path, new Prober(`${url}${path}`)]));
  }

  /**
   * Stops asking and waits for the answers under way.
   *
   * @returns For each path its slowest answer, and how many had a status that it may not have
   */
  async stop(): Promise<{ path: string; slowestMs: number; odd: number }[]> {
    return Promise.all(
      [...this.#probers].map(async ([path, prober]) => {
        const probes = await prober.stop();
        return {
          path,
          slowestMs: Math.max(...probes.map(({ elapsedMs }) => elapsedMs)),
          odd: probes.filter(({ status }) => HEALTH_STATUSES[path]?.includes(status) !== true).length,
        };
      }),
    );
  }
}
