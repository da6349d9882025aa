import type { mongo } from 'mongoose';
import { DatabaseTimeoutError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { canonical } from '../indexes/canonical.ts';
import { baseOf, collectionOptions, schemaOf, type ModelLike } from '../indexes/declared-indexes.ts';
import { codeOf } from '../indexes/read-indexes.ts';
import { toValidator, type Validator } from './to-validator.ts';
import { ValidatorViolatedError } from './validator.error.ts';

/** What the server does about a document that does not fit: note it in its log, or refuse the write. */
export type ValidatorAction = 'warn' | 'error';
/** `strict`: every write is checked. `moderate`: not the updates of documents that did not fit before. */
export type ValidatorLevel = 'strict' | 'moderate';

/** Documents that do not fit a validator. */
export interface Violators {
  count: number;
  /** False when there are more than were counted. */
  isExact: boolean;
  /** `_id` of up to five of them. */
  sampleIds: unknown[];
}

/** How the validator of a collection stands to the schema. */
export interface ValidatorPlan {
  collection: string;
  /** Whether the server has a validator, and whether it is that of the schema. */
  state: 'absent' | 'same' | 'different';
  /** What the server does now; `null` without a validator. */
  action: ValidatorAction | null;
  level: ValidatorLevel | 'off' | null;
  /** Of the schema. */
  validator: Validator;
  /** Documents that do not fit the schema, whatever the server has; `null` when they could not be counted in time. */
  violators: Violators | null;
}

export interface CountOptions {
  /** Most violators to be counted. */
  limit?: number;
  /** Longest that the server may count, in milliseconds: without violators it reads the whole collection. */
  maxTimeMs?: number;
}

export interface ApplyValidatorOptions extends CountOptions {
  /** `warn` when absent: look at the server's log before anything is refused. */
  action?: ValidatorAction;
  /** `strict` when absent; `moderate` when it is forced upon documents that do not fit, so that these can still be updated. */
  level?: ValidatorLevel;
  /** Enforces it although there are documents that do not fit. */
  force?: boolean;
}

const SAMPLE = 5;
const LIMIT = 100_000;
/** Under the socket timeout of a connection, so that it is the server that gives up. */
const MAX_TIME_MS = 15_000;
const NAMESPACE_EXISTS = 48;

/**
 * Compares the validator of a collection with that of its schema, and counts the documents that do not fit. Reads only.
 *
 * @param model - Of several on one collection the one whose rules hold for all; for a discriminator its base is taken
 * @throws {@link DatabaseError}
 */
export async function planValidator(
  db: mongo.Db,
  model: ModelLike,
  options: CountOptions = {},
): Promise<ValidatorPlan> {
  const base = baseOf(model) ?? model;
  const collection = base.collection.collectionName;
  const validator = toValidator(schemaOf(base));
  try {
    const [info] = await db.listCollections({ name: collection }).toArray();
    const now = ((info && 'options' in info ? info.options : undefined) ??
      {}) as mongo.CreateCollectionOptions;
    const hasOne = now.validator !== undefined && Object.keys(now.validator).length > 0;
    const isSame = hasOne && canonical(now.validator) === canonical(validator);
    return {
      collection,
      state: isSame ? 'same' : hasOne ? 'different' : 'absent',
      action: hasOne ? ((now.validationAction ?? 'error') as ValidatorAction) : null,
      level: hasOne ? ((now.validationLevel ?? 'strict') as ValidatorLevel | 'off') : null,
      validator,
      violators: await countViolators(db, collection, validator, options),
    };
  } catch (error) {
    throw toDatabaseError(error);
  }
}

/**
 * Gives a collection the validator of its schema, and makes the collection if need be. Safe to repeat.
 *
 * @returns The plan after it, counted anew: writes may have come in between
 * @throws {@link ValidatorViolatedError} When `error` is asked for while documents do not fit; {@link NotPermittedError} It takes
 *   `dbAdmin`; {@link DatabaseError}
 */
export async function applyValidator(
  db: mongo.Db,
  model: ModelLike,
  options: ApplyValidatorOptions = {},
): Promise<ValidatorPlan> {
  const { action = 'warn', force = false } = options;
  const { collection, validator, violators } = await planValidator(db, model, options);
  const isClean = violators?.count === 0;
  if (action === 'error' && !isClean && !force) {
    throw new ValidatorViolatedError(collection, violators?.count ?? null);
  }
  const level = options.level ?? (action === 'error' && !isClean ? 'moderate' : 'strict');
  const settings = { validator, validationAction: action, validationLevel: level };
  try {
    await db
      .createCollection(collection, { ...collectionOptions(schemaOf(baseOf(model) ?? model)), ...settings })
      .catch(async (error: unknown) => {
        if (codeOf(error) !== NAMESPACE_EXISTS) throw error;
        await db.command({ collMod: collection, ...settings });
      });
  } catch (error) {
    throw toDatabaseError(error);
  }
  return planValidator(db, model, options);
}

async function countViolators(
  db: mongo.Db,
  collection: string,
  validator: Validator,
  { limit = LIMIT, maxTimeMs = MAX_TIME_MS }: CountOptions,
): Promise<Violators | null> {
  const pipeline = [
    { $match: { $nor: [validator] } },
    { $limit: limit + 1 },
    { $group: { _id: null, count: { $sum: 1 }, sampleIds: { $firstN: { n: SAMPLE, input: '$_id' } } } },
  ];
  try {
    const rows = db.collection(collection).aggregate(pipeline, { maxTimeMS: maxTimeMs });
    const [found] = await rows.toArray();
    const count = Number(found?.count ?? 0);
    const sampleIds = (found?.sampleIds ?? []) as unknown[];
    return { count: Math.min(count, limit), isExact: count <= limit, sampleIds };
  } catch (error) {
    const named = toDatabaseError(error);
    if (named instanceof DatabaseTimeoutError) return null;
    throw named;
  }
}
