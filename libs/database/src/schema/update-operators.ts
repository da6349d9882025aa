import { mongo } from 'mongoose';
import { refuse } from './filter-value.ts';
import { castTrusted } from './filter-trust.ts';
import { castError } from './path-schema.ts';
import type { PathNode } from './path-node.ts';
import { castAddToSet, castPop, castPull, castPullAll, castPush } from './update-arrays.ts';
import { type UpdateScope, writeValue } from './update-value.ts';
import { validateAbsence } from './update-validators.ts';

/** Casts the operand of one operator for one path. */
export type UpdateCast = (node: PathNode, operand: unknown, path: string, scope: UpdateScope) => unknown;

interface UpdateOperator {
  cast: UpdateCast;
  /** Whether what lies below the path is gone afterwards. */
  replaces: boolean;
  /** Whether it can make documents around the path: their timestamps change with it. */
  stamps: boolean;
  /** Whether it writes on an insert only, where nothing is immutable yet. */
  onInsert?: boolean;
}

const NUMERIC = new Set(['Number', 'Int32', 'Double', 'BigInt', 'Decimal128', 'Union']);

/** Every operator that an update may hold. */
export const UPDATE_OPERATORS: ReadonlyMap<string, UpdateOperator> = new Map(
  Object.entries({
    $set: { cast: writeValue, replaces: true, stamps: true },
    $setOnInsert: { cast: writeValue, replaces: true, stamps: true, onInsert: true },
    $unset: { cast: castUnset, replaces: true, stamps: false },
    $inc: { cast: castNumber, replaces: false, stamps: true },
    $mul: { cast: castNumber, replaces: false, stamps: true },
    $min: { cast: writeValue, replaces: true, stamps: true },
    $max: { cast: writeValue, replaces: true, stamps: true },
    $currentDate: { cast: castCurrentDate, replaces: true, stamps: true },
    $push: { cast: castPush, replaces: false, stamps: true },
    $addToSet: { cast: castAddToSet, replaces: false, stamps: true },
    $pull: { cast: castPull, replaces: false, stamps: false },
    $pullAll: { cast: castPullAll, replaces: false, stamps: false },
    $pop: { cast: castPop, replaces: false, stamps: false },
  } satisfies Record<string, UpdateOperator>),
);

function castUnset(node: PathNode, _operand: unknown, path: string, scope: UpdateScope): string {
  if (scope.isShapeOnly !== true) validateAbsence(node, path, scope.problems);
  return '';
}

/** The result depends on what is stored, so that no validator can be asked. */
function castNumber(node: PathNode, operand: unknown, path: string, { problems }: UpdateScope): unknown {
  const { kind, type } = node;
  if (kind !== 'mixed' && !NUMERIC.has(type?.instance ?? '')) refuse(path, 'is not a number');
  if (typeof operand === 'number' && Number.isFinite(operand) && node.isReady(operand)) return operand;
  const isEmpty =
    operand === null || operand === '' || typeof operand === 'boolean' || Array.isArray(operand);
  let cast: unknown = isEmpty ? undefined : operand;
  try {
    if (kind !== 'mixed' && cast !== undefined) cast = type?.cast(cast);
  } catch (error) {
    problems.push({ path, message: castError(error, type) });
    return undefined;
  }
  if (!isNumeric(cast)) problems.push({ path, message: 'must be a number' });
  return cast;
}

function isNumeric(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'bigint') return true;
  const types = ['Long', 'Int32', 'Double', 'Decimal128'];
  return value instanceof mongo.BSON.BSONValue && types.includes(value._bsontype);
}

function castCurrentDate({ kind, type }: PathNode, operand: unknown, path: string): unknown {
  if (kind !== 'mixed' && type?.instance !== 'Date') refuse(path, 'is not a date');
  if (operand === true) return true;
  const { $type, ...others } = castTrusted(operand, path);
  if ($type !== 'date' || Object.keys(others).length > 0) refuse(path, 'must be true');
  return { $type };
}
