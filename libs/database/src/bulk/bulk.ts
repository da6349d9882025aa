import type { DriverOptions } from '../repository/operation-options.ts';
import type { BulkOperation } from './bulk-operation.ts';
import type { BulkReport } from './bulk-report.ts';
import type { BulkOptions } from './bulk-run.ts';
import type { BulkTarget } from './bulk-target.ts';
import { OperationItem } from './operation-items.ts';
import type { Prepare } from './packer.ts';
import { runBulk } from './run-bulk.ts';

/**
 * Does any number of inserts, updates, replacements and deletions, those of one kind together in commands of 2,500 or 8 MiB. Each is cast,
 * checked and stamped as it is by the method of the repository.
 *
 * @param operations - Done in their order, unless `ordered` is `false`
 * @returns What was done and, when unordered, what was refused. To match nothing is no failure, to match another version is
 * @throws {@link BulkWriteError} With the report so far: at the first operation that is refused when ordered; when the database goes away,
 * the signal is aborted or the input throws, in both orders
 */
export async function bulk<T>(
  target: BulkTarget,
  operations: AsyncIterable<BulkOperation<T>> | Iterable<BulkOperation<T>>,
  options: BulkOptions = {},
): Promise<BulkReport> {
  const toPrepare =
    (driverOptions: DriverOptions): Prepare<BulkOperation<T>> =>
    (operation, index) =>
      new OperationItem(target, { index, driverOptions }).prepare(operation);
  return runBulk(target, operations, { toPrepare, options });
}
