import type { MongoRepository, Stored } from '#database';
import { DocumentNotFoundError, VersionConflictError } from '#database';
import type { Versioned } from './answers.ts';
import type { Condition } from './etag.ts';
import { toUpdate } from './merge-patch.ts';

/** The part of a repository that a change of one document needs. */
type Changing<T> = Pick<MongoRepository<T>, 'findById' | 'findByIdAndUpdate' | 'replaceById' | 'deleteById'>;

/**
 * Applies a merge patch in one step.
 *
 * @param patch - A checked DTO
 * @returns The document as it is afterwards; a patch that changes nothing leaves its version alone
 * @throws {@link DocumentNotFoundError} {@link VersionConflictError}
 */
export async function patchById<T extends Versioned>(
  repository: Changing<T>,
  id: string,
  patch: object,
  condition: Condition,
): Promise<Stored<T>> {
  const update = toUpdate<T>(patch);
  const found = update
    ? await repository.findByIdAndUpdate(id as never, update, condition)
    : await repository.findById(id as never);
  if (found === null) throw new DocumentNotFoundError();
  const { expectedVersion = found.version } = condition;
  if (!update && found.version !== expectedVersion) throw new VersionConflictError();
  return found;
}

/**
 * Puts another document in the place of one; the time of creation stays.
 *
 * @throws {@link DocumentNotFoundError} {@link VersionConflictError}
 */
export async function replaceById<T extends Versioned>(
  repository: Changing<T>,
  id: string,
  document: Partial<T>,
  condition: Condition,
): Promise<Stored<T>> {
  const replaced = await repository.replaceById(id as never, document, condition);
  if (replaced === null) throw new DocumentNotFoundError();
  return replaced;
}

/** @throws {@link DocumentNotFoundError} {@link VersionConflictError} */
export async function deleteById<T extends Versioned>(
  repository: Changing<T>,
  id: string,
  condition: Condition,
): Promise<void> {
  if (!(await repository.deleteById(id as never, condition))) throw new DocumentNotFoundError();
}
