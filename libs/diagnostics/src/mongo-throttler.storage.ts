import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailableError, toDatabaseError, type DatabaseConnection } from '#database';
import type { OnModuleInit } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

const COLLECTION = 'throttle_counters';
/** How long a request waits for its count, in milliseconds: on a slow network a connection may have to be made for it first. */
const DEADLINE_MS = 2_000;
/** Clients remembered as blocked, so that a flood costs no writes. */
const MAX_BLOCKED = 10_000;

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

interface Counter {
  _id: string;
  hits: number;
  expiresAt: Date;
  /** Server time of the last hit: every instance counts by the one clock. */
  now: Date;
}

/** Counts requests in MongoDB, so that several instances share one limit. */
export class MongoThrottlerStorage implements ThrottlerStorage, OnModuleInit {
  private readonly blockedUntil = new Map<string, number>();

  constructor(private readonly connection: DatabaseConnection) {}

  onModuleInit(): void {
    const run = async () => {
      // Without a time limit, which would end a long build, and the next try would begin anew.
      await this.connection.db
        .collection(COLLECTION)
        .createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
    };
    this.connection.addStartupTask({ name: 'index the throttle counters', run });
  }

  /**
   * Counts one request against a window of `ttl` milliseconds that begins with its first request.
   *
   * @throws {@link DatabaseUnavailableError} Or another `DatabaseError`, when the count cannot be had in time. The request may have
   *   been counted all the same, and must not be let through
   */
  async increment(key: string, ttl: number, limit: number): Promise<ThrottlerRecord> {
    const blockedMs = (this.blockedUntil.get(key) ?? 0) - performance.now();
    if (blockedMs > 0) return toRecord(limit + 1, limit, blockedMs);
    this.blockedUntil.delete(key);
    const counter = await this.count(key, ttl);
    const remainingMs = counter.expiresAt.getTime() - counter.now.getTime();
    if (counter.hits > limit) this.block(key, remainingMs);
    return toRecord(counter.hits, limit, remainingMs);
  }

  private async count(key: string, ttl: number): Promise<Counter> {
    const abort = new AbortController();
    try {
      return await Promise.race([this.hit(key, ttl), expire(abort.signal)]);
    } catch (error) {
      throw toDatabaseError(error);
    } finally {
      abort.abort();
    }
  }

  private async hit(key: string, ttl: number): Promise<Counter> {
    const isOpen = { $gt: ['$expiresAt', '$$NOW'] };
    const update = [
      {
        $set: {
          hits: { $cond: [isOpen, { $add: ['$hits', 1] }, 1] },
          expiresAt: { $cond: [isOpen, '$expiresAt', { $add: ['$$NOW', ttl] }] },
          now: '$$NOW',
        },
      },
    ];
    const { db, maxTimeMs } = this.connection;
    const counters = db.collection<Counter>(COLLECTION);
    // A lost count is no loss, so it need not wait for the journal.
    const options = {
      upsert: true,
      returnDocument: 'after',
      writeConcern: { w: 1 },
      // Nobody waits for it any longer.
      maxTimeMS: Math.min(DEADLINE_MS, maxTimeMs),
    } as const;
    const counter = await counters.findOneAndUpdate({ _id: key }, update, options);
    if (counter === null) throw new DatabaseUnavailableError('no-answer');
    return counter;
  }

  private block(key: string, remainingMs: number): void {
    if (this.blockedUntil.size >= MAX_BLOCKED) this.blockedUntil.clear();
    this.blockedUntil.set(key, performance.now() + remainingMs);
  }
}

/** In seconds, as the throttler's headers want them. */
function toRecord(hits: number, limit: number, remainingMs: number): ThrottlerRecord {
  const seconds = Math.ceil(remainingMs / 1_000);
  const isBlocked = hits > limit;
  return { totalHits: hits, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
}

async function expire(signal: AbortSignal): Promise<never> {
  await sleep(DEADLINE_MS, undefined, { signal });
  throw new DatabaseUnavailableError('no-answer');
}
