import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import { CommandError } from '../command.error.ts';
import { EXIT } from '../exit-codes.ts';
import { runCommand } from '../run-command.ts';
import { formatDuration } from '../terminal/format.ts';
import { formatTable, printable } from '../terminal/table.ts';
import { repeat } from '../terminal/watch.ts';
import { killOp, readOperations, type Operation, type OperationList } from './read-operations.ts';

/** Characters of a command in the table; `--json` has more. */
const SHOWN_COMMAND = 200;
/** How long an operation may take to end before it is said that it has not. */
const END_TIMEOUT_MS = 5_000;
const POLL_MS = 100;

export interface CurrentOpsOptions {
  isJson: boolean;
  minSeconds: number;
  isAll: boolean;
  /** Between two looks; absent: one look. */
  watchSeconds: number | undefined;
}

/** `ops current-ops` */
export async function currentOps({ isJson, watchSeconds, ...filter }: CurrentOpsOptions): Promise<void> {
  await runCommand({ isJson }, async ({ connection, signal }) => {
    await repeat(watchSeconds, signal, async () => {
      const list = await readOperations(connection.client, filter);
      return isJson ? `${JSON.stringify({ at: new Date(), ...list })}\n` : formatOperations(list);
    });
    return EXIT.done;
  });
}

/** `ops current-ops --kill`: shows what it is, asks, and waits until it has ended. */
export async function killOperation(options: {
  isJson: boolean;
  id: string;
  isConfirmed: boolean;
}): Promise<void> {
  const { isJson, id, isConfirmed } = options;
  await runCommand({ isJson }, async ({ connection: { client }, signal, stdout }) => {
    const operation = await find(client, id);
    if (operation === undefined) {
      const nextStep = '"ops current-ops" shows the ids; it may have ended by itself';
      throw new CommandError('NO_SUCH_OPERATION', `There is no operation ${printable(id)}`, { nextStep });
    }
    if (!operation.isOfClient) {
      throw new CommandError(
        'OPERATION_OF_THE_SERVER',
        'The server runs this operation for itself: it is left alone',
      );
    }
    if (!isConfirmed) {
      process.stderr.write(`${formatOperations({ operations: [operation], seen: 'all' })}\n`);
      if (!(await confirm(`End operation ${id}?`, signal))) {
        throw new CommandError('NOT_CONFIRMED', 'Nothing was ended');
      }
    }
    await killOp(client, id);
    const hasEnded = await untilEnded(client, id, signal);
    if (isJson) stdout(`${JSON.stringify({ id, hasEnded })}\n`);
    else
      stdout(hasEnded ? `Operation ${id} has ended\n` : `Operation ${id} was told to end and still runs\n`);
    return hasEnded ? EXIT.done : EXIT.failed;
  });
}

/** @param width - Of the terminal, in characters */
export function formatOperations({ operations, seen }: OperationList, width?: number): string {
  const limited =
    seen === 'own' ? 'Only operations of this user are seen; the role clusterMonitor sees all\n' : '';
  if (operations.length === 0) return `The server works on nothing else\n${limited}`;
  const table = formatTable(
    [
      { title: 'ID' },
      { title: 'FOR', align: 'right' },
      { title: 'KIND' },
      { title: 'COLLECTION', isWrapped: true },
      { title: 'STATE' },
      { title: 'PLAN', isWrapped: true },
      { title: 'COMMAND', isWrapped: true },
    ],
    operations.map((operation) => [
      operation.id,
      operation.seconds === null ? '-' : formatDuration(operation.seconds * 1_000),
      operation.kind,
      operation.namespace,
      stateOf(operation),
      operation.plan,
      operation.command.slice(0, SHOWN_COMMAND),
    ]),
    width,
  );
  return `${table}${limited}`;
}

function stateOf({ isEnding, isWaitingForLock, isOfClient }: Operation): string {
  if (isEnding) return 'ending';
  if (isWaitingForLock) return 'waits for a lock';
  return isOfClient ? 'running' : 'of the server';
}

async function find(client: mongo.MongoClient, id: string): Promise<Operation | undefined> {
  const { operations } = await readOperations(client, { isAll: true });
  return operations.find((operation) => operation.id === id);
}

async function untilEnded(client: mongo.MongoClient, id: string, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + END_TIMEOUT_MS;
  while ((await find(client, id)) !== undefined) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS, undefined, { signal });
  }
  return true;
}

/** @throws {@link CommandError} Where there is nobody to ask */
async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) {
    const nextStep = 'add --yes to end it without a question';
    throw new CommandError('NOT_CONFIRMED', 'There is no terminal to ask on, so nothing was ended', {
      nextStep,
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // In raw mode Ctrl-C is a key and no signal.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    terminal.close();
  }
}
