import { isInPlace, planIndexes } from '#database';
import { failure, ok, warning, type Check } from '../check.ts';

/** Whether the server has the indexes that the schemas declare. */
export const indexDriftCheck: Check = {
  code: 'INDEX_DRIFT',
  title: 'Indexes',
  needs: ['AUTHORISATION'],
  async run(context) {
    const { models } = await context.declaredModels();
    const { db } = await context.connect();
    const plans = await planIndexes(db, models);
    const unenforced = plans.flatMap(({ collection, unenforced: indexes }) =>
      indexes.map(({ name }) => `${collection}.${name}`),
    );
    if (unenforced.length > 0) {
      return failure(
        `Unique indexes are missing, and duplicates are not refused: ${unenforced.join(', ')}`,
        'run "ops indexes apply"',
      );
    }
    const count = plans.reduce(
      (sum, { missing, changed, building }) => sum + missing.length + changed.length + building.length,
      0,
    );
    if (!plans.every(isInPlace)) {
      return warning(
        `${count} declared indexes are missing, changed or being built`,
        'run "ops indexes plan", then "ops indexes apply"',
      );
    }
    const extra = plans.reduce((sum, plan) => sum + plan.extra.length, 0);
    return ok(
      extra === 0 ? 'as declared' : `as declared, and ${extra} more; "ops indexes plan" shows their use`,
    );
  },
};
