import { isDeepStrictEqual } from 'node:util';
import { mongo } from 'mongoose';
import { ok, warning, type Check } from '../check.ts';

/** Whether the collections that have a validator have that of the schema. */
export const validatorDriftCheck: Check = {
  code: 'VALIDATOR_DRIFT',
  title: 'Validators',
  needs: ['AUTHORISATION'],
  async run(context) {
    const { validators } = await context.declaredModels();
    const { db } = await context.connect();
    const found = await db.listCollections({ name: { $in: [...validators.keys()] } }).toArray();
    const having = found.flatMap((info) => {
      const validator: unknown = 'options' in info ? info.options?.validator : undefined;
      return validator && Object.keys(validator).length > 0 ? [{ name: info.name, validator }] : [];
    });
    const drifted = having.filter(({ name, validator }) => !isSame(validator, validators.get(name)));
    if (drifted.length > 0) {
      return warning(
        `The validator differs from the schema: ${drifted.map(({ name }) => name).join(', ')}`,
        'apply the one of the schema with applyValidator(), first with the action "warn"; see docs/indexes.md',
      );
    }
    return ok(having.length === 0 ? 'none in use' : `${having.length} as declared`);
  },
};

/** Without regard to the order of fields, which has no meaning in a validator. */
function isSame(one: unknown, other: unknown): boolean {
  const plain = (value: unknown): unknown =>
    JSON.parse(mongo.BSON.EJSON.stringify({ value }, { relaxed: true }));
  return isDeepStrictEqual(plain(one), plain(other));
}
