import { ValidatorAsyncError } from '../schema/field-checks.ts';
import type { DocumentWrites } from './document-writes.ts';
import type { ModelPlan } from './model-plan.ts';

/** Chooses how the documents of one model are written. */
export class ModelWrites {
  readonly #plan: ModelPlan;
  readonly #compiled: DocumentWrites | undefined;
  readonly #mongoose: DocumentWrites;

  /** @param compiled - Absent where the schema needs Mongoose */
  constructor(plan: ModelPlan, compiled: DocumentWrites | undefined, mongoose: DocumentWrites) {
    this.#plan = plan;
    this.#compiled = compiled;
    this.#mongoose = mongoose;
  }

  /** @param send - Called again through Mongoose when a validator has turned out to be asynchronous; nothing was sent then */
  async through<R>(send: (writes: DocumentWrites) => Promise<R>): Promise<R> {
    if (this.#compiled === undefined || this.#plan.writer === undefined) return send(this.#mongoose);
    try {
      return await send(this.#compiled);
    } catch (error) {
      if (!(error instanceof ValidatorAsyncError)) throw error;
      return send(this.#mongoose);
    }
  }
}
