import { DatabaseConnection, DuplicateKeyError, toDatabaseError } from '#database';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { mongo } from 'mongoose';

const COLLECTION = 'idempotency_keys';
/** How long a key is remembered, from its first use. */
const KEPT_MS = 24 * 60 * 60 * 1_000;

/** An answer as it was sent. */
export interface KeptAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What is known of a key. */
export interface Reservation {
  /** Digest of the scope if there is one, method, address and key. */
  _id: string;
  /** Of the body. */
  fingerprint: string;
  /** `_id` of what the request creates, however often it is sent. */
  documentId: mongo.ObjectId;
  answer?: KeptAnswer;
  expiresAt: Date;
}

/**
 * Remembers the keys of requests in MongoDB, so that every instance knows them, until the server's TTL thread removes them.
 *
 * Nothing is locked: two requests with one key may run at once, since both insert under the same `_id` and one of them finds what the
 * other has stored. So nobody waits for an instance that died, and a failure needs no tidying up.
 */
@Injectable()
export class IdempotencyStore implements OnModuleInit {
  constructor(private readonly connection: DatabaseConnection) {}

  onModuleInit(): void {
    const run = async () => {
      // Without a time limit, which would end a long build, and the next try would begin anew.
      await this.keys.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 });
    };
    this.connection.addStartupTask({ name: 'index the idempotency keys', run });
  }

  /**
   * @param name - The key with all that it belongs to
   * @returns What the first request with this key has left
   */
  async reserve(name: string, fingerprint: string): Promise<Reservation> {
    const reserve = async () => {
      const { db, maxTimeMs } = this.connection;
      const first = {
        fingerprint,
        documentId: new mongo.ObjectId(),
        expiresAt: new Date(Date.now() + KEPT_MS),
      };
      const found = await db
        .collection<Reservation>(COLLECTION)
        .findOneAndUpdate(
          { _id: name },
          { $setOnInsert: first },
          { upsert: true, returnDocument: 'after', maxTimeMS: maxTimeMs },
        );
      return found ?? { _id: name, ...first };
    };
    try {
      return await reserve();
    } catch (error) {
      const named = toDatabaseError(error);
      // Another request with this key was quicker.
      if (named instanceof DuplicateKeyError) return reserve().catch(rethrow);
      throw named;
    }
  }

  /** Keeps an answer; one that tells of a success stays, whatever comes later. */
  async keep(name: string, answer: KeptAnswer): Promise<void> {
    const isOpen = { _id: name, 'answer.status': { $not: { $lt: 300 } } };
    try {
      await this.keys.updateOne(isOpen, { $set: { answer } }, { maxTimeMS: this.connection.maxTimeMs });
    } catch (error) {
      rethrow(error);
    }
  }

  private get keys(): mongo.Collection<Reservation> {
    return this.connection.db.collection<Reservation>(COLLECTION);
  }
}

function rethrow(error: unknown): never {
  throw toDatabaseError(error);
}
