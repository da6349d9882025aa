import type { MongoRepository, Stored } from '#database';

/**
 * Stores documents through their repository, so that they are what the application itself would have stored: cast, checked, stamped.
 *
 * @param make - What is given for each of the numbers 1 to `count`
 * @returns As they are stored, in that order
 * @throws {BulkWriteError} At the first one that is refused
 */
export async function seed<T>(
  repository: Pick<MongoRepository<T>, 'insertMany' | 'getById'>,
  count: number,
  make: (n: number) => Partial<T>,
): Promise<Stored<T>[]> {
  const documents = Array.from({ length: count }, (_, index) => make(index + 1));
  const { insertedIds } = await repository.insertMany(documents);
  const ids = documents.map((_, index) => insertedIds.get(index));
  return Promise.all(ids.map(async (id) => repository.getById(id as never)));
}
