import { DuplicateKeyError, scopeDigest, type MongoRepository, type Stored } from '#database';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { mongo } from 'mongoose';

/** The `_id` that belongs to the `Idempotency-Key` of a request. */
const reservedIds = new WeakMap<FastifyRequest, mongo.ObjectId>();
/** The scope that the key was used in. */
const scopes = new WeakMap<mongo.ObjectId, string | undefined>();

export function reserveId(request: FastifyRequest, id: mongo.ObjectId): void {
  reservedIds.set(request, id);
  scopes.set(id, scopeDigest());
}

/** The `_id` for what this request creates; `undefined` when it has no `Idempotency-Key`. */
export const ReservedId = createParamDecorator((_: unknown, context: ExecutionContext) =>
  reservedIds.get(context.switchToHttp().getRequest<FastifyRequest>()),
);

/**
 * Inserts a document under a reserved `_id`, or finds it there: an earlier try may have stored it without learning so.
 *
 * @param id - As {@link ReservedId} gives it; without one it is a plain insert
 * @throws {@link DuplicateKeyError} When it is another document that has the key
 * @throws {TypeError} In another scope than that of the key: one owner would get the answer of another
 */
export async function insertOnce<T>(
  repository: Pick<MongoRepository<T>, 'findById' | 'insert'>,
  document: Partial<T>,
  id: mongo.ObjectId | undefined,
): Promise<Stored<T>> {
  if (id === undefined) return repository.insert(document);
  if (scopes.has(id) && scopes.get(id) !== scopeDigest())
    throw new TypeError(
      'The scope was set after @Idempotent(): set it in an interceptor of the application or of the class',
    );
  try {
    return await repository.insert({ ...document, _id: id });
  } catch (error) {
    const earlier = error instanceof DuplicateKeyError ? await repository.findById(id as never) : null;
    if (earlier === null) throw error;
    return earlier;
  }
}
