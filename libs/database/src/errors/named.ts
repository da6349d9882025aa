import { toDatabaseError } from './to-database-error.ts';

/** Runs an operation, and gives its error the name that it has here. */
export async function named<R>(operation: () => Promise<R>): Promise<R> {
  try {
    return await operation();
  } catch (error) {
    throw toDatabaseError(error);
  }
}
