import { mongo } from 'mongoose';
import { DatabaseUnavailableError } from '../errors/database.error.ts';
import { isTransient, outcomeOfCommit } from './transaction-failure.ts';

function serverError(code: number, ...errorLabels: string[]): mongo.MongoServerError {
  return new mongo.MongoServerError({ message: 'refused', code, errorLabels });
}

const network = new mongo.MongoNetworkError('connection closed');
const selection = new mongo.MongoServerSelectionError('no server', {
  servers: new Map(),
} as mongo.TopologyDescription);

describe(isTransient.name, () => {
  it('sees the label through the errors that it was wrapped in', () => {
    const labelled = serverError(251, 'TransientTransactionError');
    const wrapped = new Error('no order', {
      cause: new DatabaseUnavailableError('write-conflict', labelled),
    });
    expect([labelled, wrapped].map((error) => isTransient(error, 1))).toEqual([true, true]);
  });

  it('counts a lost connection, labelled or not', () => {
    expect(isTransient(new DatabaseUnavailableError('connection-lost', network), 1)).toBe(true);
  });

  it('counts a server that cannot be found only once the transaction has been running', () => {
    expect([1, 2].map((attempt) => isTransient(selection, attempt))).toEqual([false, true]);
  });

  it('does not count anything else', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    const others = [loop, serverError(11000), new TypeError('bug'), 'text', undefined];
    expect(others.map((error) => isTransient(error, 2))).toEqual([false, false, false, false, false]);
  });
});

describe(outcomeOfCommit.name, () => {
  it.each([
    ['retry', 'the label', serverError(91, 'UnknownTransactionCommitResult')],
    ['retry', 'a lost connection', network],
    ['retry', 'no server', selection],
    ['unknown', 'the label, but too slow', serverError(50, 'UnknownTransactionCommitResult')],
    ['unknown', 'a closed client', new mongo.MongoTopologyClosedError('closed')],
    ['undone', 'an answer of the server', serverError(251, 'TransientTransactionError')],
    ['undone', 'a transaction that its function ended', new mongo.MongoTransactionError('aborted')],
  ])('is %s for %s', (outcome, _error, error) => {
    expect(outcomeOfCommit(error)).toBe(outcome);
  });
});
