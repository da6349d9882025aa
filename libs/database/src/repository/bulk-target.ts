import type { BulkTarget } from '../bulk/bulk-target.ts';
import { compiledTarget } from '../bulk/compiled-target.ts';
import type { BulkConnection } from '../bulk/run-bulk.ts';
import { runByMethod, type SingleWrites } from '../bulk/run-by-method.ts';
import type { BulkOperation } from '../bulk/bulk-operation.ts';
import type { ModelPlan } from './model-plan.ts';

/** What a repository lets its bulk writes use. */
export interface BulkAccess extends BulkConnection {
  plan: ModelPlan;
}

/** Compiled functions where the schema has them, else the methods of the repository one by one. */
export function toBulkTarget<T>(
  repository: SingleWrites<T>,
  { plan, ...connection }: BulkAccess,
): BulkTarget {
  const { writer } = plan;
  if (writer) return compiledTarget(plan, writer, connection);
  return {
    ...compiledTarget(plan, NO_WRITER, connection),
    save: async (input, options) => repository.insert(input, options),
    runOne: async (operation, options) => runByMethod(repository, operation as BulkOperation<T>, options),
  };
}

const NO_WRITER = {
  write: (): never => {
    throw new TypeError('This schema is written through Mongoose');
  },
};
