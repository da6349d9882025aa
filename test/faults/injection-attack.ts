import { BulkWriteError, DocumentInvalidError, FilterInvalidError } from '#database';
import fc from 'fast-check';
import { payload } from '../../libs/database/src/schema/filter-attacks.spec.ts';
import { expectFigure } from '../support/figures.ts';
import type { Calls, PersonRepository, Place } from './injection-calls.ts';

// INJECTION_CASES sets the number of payloads, INJECTION_SEED the seed that is printed with a failure.
const CASES = Number(process.env.INJECTION_CASES ?? 250);
const SEED = Number(process.env.INJECTION_SEED ?? Date.now() % 2 ** 31);
/** What is put in every place. */
export const ATTACKS = fc.sample(payload, { numRuns: CASES, seed: SEED });

const REFUSALS = [FilterInvalidError, DocumentInvalidError];

/** Whether a call has named what it was given as the fault. */
export function isRefusal(answer: unknown): boolean {
  if (answer instanceof BulkWriteError) return isRefusal(answer.cause) && answer.report.failed === 1;
  return REFUSALS.some((kind) => answer instanceof kind);
}

/**
 * Makes each call of each repository with each attack in each place.
 *
 * @param isHarmless - Which answers are as good as a refusal
 * @returns What was answered in place of a refusal
 */
export async function attack(
  repositories: readonly PersonRepository[],
  calls: Calls,
  places: readonly Place[],
  isHarmless: (answer: unknown) => boolean = () => false,
): Promise<string[]> {
  const answers: string[] = [];
  for (const [name, call] of Object.entries(calls)) {
    for (const [place, put] of places.entries()) {
      for (const value of ATTACKS) {
        for (const repository of repositories) {
          const given = put(JSON.parse(JSON.stringify(value)));
          const answer = await (async () => call(repository, given as never))().catch(
            (error: unknown) => error,
          );
          if (!isRefusal(answer) && !isHarmless(answer))
            answers.push(`${name} ${place} ${JSON.stringify(given)} ${describeAnswer(answer)}`);
        }
      }
    }
  }
  return answers;
}

/** For the message of a failure. */
export function describeAnswer(answer: unknown): string {
  return Error.isError(answer) ? `${answer.name}: ${answer.message}` : JSON.stringify(answer);
}

/** Fails with the seed when there is an answer, and notes the figure. */
export function keep(what: string, answers: readonly string[]): void {
  expect({ seed: SEED, answers: answers.slice(0, 20) }).toEqual({ seed: SEED, answers: [] });
  expectFigure({ row: 'A21', what: `${what}: not refused`, value: answers.length, unit: '', limit: 0 });
}
