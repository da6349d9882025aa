import { ConfigurationError } from '#config';
import { DatabaseUnavailableError, NotPermittedError } from '#database';
import { mongo } from 'mongoose';
import { CommandError } from './command.error.ts';
import { describeFailure } from './run-command.ts';

describe(describeFailure, () => {
  const network = new mongo.MongoNetworkError('connect ECONNREFUSED 10.1.2.3:27017');
  it.each([
    [
      'wrong configuration',
      new ConfigurationError([{ variable: 'PORT', message: 'must be a valid port' }]),
      78,
      'CONFIGURATION_INVALID',
    ],
    ['a database that is away', new DatabaseUnavailableError('refused'), 69, 'DATABASE_UNAVAILABLE'],
    ['what the driver says about it', network, 69, 'DATABASE_UNAVAILABLE'],
    ['missing rights', new NotPermittedError(), 1, 'NOT_PERMITTED'],
    [
      'a refusal of the command',
      new CommandError('TARGET_NOT_EMPTY', 'The target is not empty'),
      1,
      'TARGET_NOT_EMPTY',
    ],
    [
      'its own exit code',
      new CommandError('INTERRUPTED', 'Interrupted', { exitCode: 130 }),
      130,
      'INTERRUPTED',
    ],
    ['a fault', new TypeError('x is not a function\n    at somewhere'), 1, 'FAILED'],
    ['what is no error', 'a text', 1, 'FAILED'],
  ])('names %s', (_name, error, exitCode, code) => {
    const failure = describeFailure(error);
    expect(failure).toMatchObject({ exitCode, code });
    expect(failure.message).not.toMatch(/10\.1\.2\.3|at somewhere/);
  });

  it('keeps the next step of the command, and knows one of its own', () => {
    expect(describeFailure(new CommandError('A', 'B', { nextStep: 'do c' }))).toHaveProperty(
      'nextStep',
      'do c',
    );
    expect(describeFailure(new CommandError('A', 'B'))).not.toHaveProperty('nextStep');
    expect(describeFailure(network).nextStep).toContain('ops doctor');
  });
});
