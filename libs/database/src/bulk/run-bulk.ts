import { setImmediate } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { DriverOptions, OperationOptions } from '../repository/operation-options.ts';
import type { BulkReport } from './bulk-report.ts';
import { BulkRun, type BulkOptions } from './bulk-run.ts';
import { Packer, type Parcel, type Prepare } from './packer.ts';
import { send } from './send.ts';

/** What a bulk write needs of its repository, whatever its items are. */
export interface BulkConnection {
  collection: () => mongo.Collection;
  driverOptions: (options: OperationOptions) => DriverOptions;
}

/** Commands on their way at once in an unordered write. */
const UNORDERED_IN_FLIGHT = 2;

/**
 * Writes any number of items. No more of them are read than fit into the commands on their way and the next one.
 *
 * @param toPrepare - Given the options for the driver, makes the function that prepares one item
 * @throws {@link BulkWriteError}
 * @throws {@link DatabaseUnavailableError} Before the first connection
 */
export async function runBulk<I>(
  connection: BulkConnection,
  inputs: AsyncIterable<I> | Iterable<I>,
  { toPrepare, options }: { toPrepare: (driverOptions: DriverOptions) => Prepare<I>; options: BulkOptions },
): Promise<BulkReport> {
  const driverOptions = connection.driverOptions(options);
  const run = new BulkRun(driverOptions, { keepIds: Array.isArray(inputs), ...options });
  const { isOrdered } = run;
  const target = { collection: connection.collection(), isOrdered, driverOptions };
  const { chunkSize } = options;
  const packer = new Packer(run, { target, prepare: toPrepare(driverOptions), chunkSize });
  const { signal } = driverOptions;
  const abort = (): void => run.stop(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await sendAll(run, packer.pack(inputs), options);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  run.throwIfStopped();
  return run.report;
}

async function sendAll(
  run: BulkRun,
  parcels: AsyncGenerator<Parcel, void, undefined>,
  { onProgress }: BulkOptions,
): Promise<void> {
  // A session takes one command after the other.
  const isSerial = run.isOrdered || run.driverOptions.session !== undefined;
  const inFlight = isSerial ? 1 : UNORDERED_IN_FLIGHT;
  const running = new Set<Promise<void>>();
  for await (const parcel of untilStopped(run, parcels)) {
    while (running.size >= inFlight) await Promise.race(running);
    if (run.hasStopped) break;
    const sending = deliver(run, parcel, onProgress).finally(() => running.delete(sending));
    running.add(sending);
    // Lets the command reach the socket, so that the server works while the next one is made.
    await setImmediate();
  }
  await Promise.all(running);
}

async function deliver(run: BulkRun, parcel: Parcel, onProgress: BulkOptions['onProgress']): Promise<void> {
  try {
    await send(run, parcel);
    await onProgress?.(run.report);
  } catch (error) {
    run.stop(error);
  }
}

/** Ends with the run, also while the input lets wait for itself, and closes the input. */
async function* untilStopped(
  run: BulkRun,
  parcels: AsyncGenerator<Parcel, void, undefined>,
): AsyncGenerator<Parcel, void, undefined> {
  let isWaiting = false;
  try {
    while (!run.hasStopped) {
      isWaiting = true;
      const next = await Promise.race([parcels.next(), run.stopped]);
      if (!next) return;
      isWaiting = false;
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    isWaiting = false;
    run.stop(error);
  } finally {
    // An input that is being waited for closes when it has answered.
    const closed = parcels.return().catch((error: unknown) => run.stop(error));
    if (!isWaiting) await closed;
  }
}
