import { DatabaseUnavailableError, toDatabaseError } from '#database';
import { describeFailure } from '../run-command.ts';
import type { RestoreReport } from './report.ts';

const AGAIN = 'run the same command again: it goes on from here';
const LASTING =
  'see what it ended with: as long as that is so, another run ends there as well; afterwards the same command goes on from here';

/** Names what has ended a restore after its first write, and what helps: to run it again is of use where what ended it passes. */
export function describeInterruption(error: unknown): NonNullable<RestoreReport['interruption']> {
  const named = toDatabaseError(error);
  const { code, message, nextStep = LASTING } = describeFailure(named);
  if (named instanceof DatabaseUnavailableError) {
    const isFull = named.reason === 'no-space';
    return {
      code,
      message: named.message,
      nextStep: isFull ? `make room on the disk of the server, then ${AGAIN}` : AGAIN,
    };
  }
  return { code, message, nextStep: code === 'INTERRUPTED' ? AGAIN : nextStep };
}
