import { DocumentInvalidError } from '../errors/database.error.ts';
import { matchesEverything, type ModelPlan } from '../repository/model-plan.ts';
import type { DocumentWriter } from '../schema/document-compiler.ts';
import { refuse } from '../schema/filter-value.ts';
import type { BulkTarget } from './bulk-target.ts';
import type { BulkConnection } from './run-bulk.ts';

/** The target of a model whose documents are written by functions compiled from its schema. */
export function compiledTarget(
  plan: ModelPlan,
  writer: DocumentWriter,
  connection: BulkConnection,
): BulkTarget {
  const { visibility, versionKey, toUpdate } = plan;
  return {
    ...connection,
    deletedPath: visibility.deletedPath,
    toUpdate,
    prepare: (input) => writer.write(visibility.claim(input), new Date()),
    toQuery: (filter, { many, all, withDeleted }) => {
      const cast = plan.toFilter(filter);
      if (many && !all && matchesEverything(cast))
        refuse('', 'it matches every document: add a condition, or say { all: true }');
      return visibility.narrow(cast, { withDeleted });
    },
    withVersion: (query, expectedVersion) => {
      if (versionKey === undefined) throw new TypeError('The schema has no version key');
      if (!Number.isSafeInteger(expectedVersion)) refuse(versionKey, 'must be a whole number');
      return { $and: [query, { [versionKey]: expectedVersion }] };
    },
    toArrayFilters: (update, arrayFilters) => {
      const cast = plan.toArrayFilters(update, arrayFilters ?? []);
      return cast.length > 0 ? cast : undefined;
    },
    toReplacement: (id, document) => {
      if (typeof document !== 'object' || document === null)
        throw new DocumentInvalidError([{ path: '', message: 'it must be an object' }]);
      return plan.toReplacement(writer.write({ ...visibility.claim(document), _id: id }, new Date()));
    },
  };
}
