import { DatabaseUnavailableError, type DatabaseConnection } from '#database';
import type { FastifyInstance } from 'fastify';

/** How often the pool is looked at, in milliseconds. */
const LOOK_MS = 100;
/** A queue that was never empty for this long is no burst any more, in milliseconds. */
const PATIENCE_MS = 1_000;
/** What tells how the service is, in a form of its own, and what needs no database. */
export const ALWAYS_SERVED = /^\/(health|metrics|mongodb-test|status|docs|docs-json)([/?]|$)/;

/**
 * Refuses requests with 503 while more calls wait for a connection than the pool has, and have done so for a second: those that wait
 * already are more than it can serve soon, and whoever comes now would wait in vain.
 *
 * @see https://sre.google/sre-book/handling-overload/
 */
export function shedLoad(fastify: FastifyInstance, connection: DatabaseConnection): void {
  const pressure = new PoolPressure(connection);
  fastify.addHook('onClose', (_instance, done) => {
    pressure.stop();
    done();
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const isRefused = pressure.isTooHigh && !ALWAYS_SERVED.test(request.url);
    done(isRefused ? new DatabaseUnavailableError('overloaded') : undefined);
  });
}

/** How long calls have waited for a connection without a break. */
class PoolPressure {
  readonly #connection: DatabaseConnection;
  readonly #timer: NodeJS.Timeout;
  #waitingSince: number | undefined;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  get isTooHigh(): boolean {
    const { pool, maxPoolSize } = this.#connection;
    const sinceMs = this.#waitingSince === undefined ? 0 : performance.now() - this.#waitingSince;
    return sinceMs >= PATIENCE_MS && pool.waiting > maxPoolSize;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#connection.pool.waiting === 0) this.#waitingSince = undefined;
    else this.#waitingSince ??= performance.now();
  }
}
