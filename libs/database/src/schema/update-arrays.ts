import { castFilter } from './filter-compiler.ts';
import { castOperators, holdsOperators } from './filter-operators.ts';
import { castTrusted } from './filter-trust.ts';
import { castEquality, refuse } from './filter-value.ts';
import type { PathNode } from './path-node.ts';
import { isPlainObject } from './path-value.ts';
import { castItems, type UpdateScope } from './update-value.ts';

/** `$push`: one value, a list of them, or `trusted({ $each, $slice, $sort, $position })`. */
export function castPush(node: PathNode, operand: unknown, path: string, scope: UpdateScope): unknown {
  if (!holdsOperators(operand)) return castEach(node, itemsOf(node, operand), path, scope);
  const { $each, $slice, $sort, $position, ...others } = castTrusted(operand, path);
  refuseOthers(others, path);
  return {
    ...castEach(node, $each, path, scope),
    ...($slice !== undefined && { $slice: wholeNumber($slice, path) }),
    ...($sort !== undefined && { $sort: castSort(node, $sort, path) }),
    ...($position !== undefined && { $position: wholeNumber($position, path) }),
  };
}

/** `$addToSet`: one value, a list of them, or `trusted({ $each })`. */
export function castAddToSet(node: PathNode, operand: unknown, path: string, scope: UpdateScope): unknown {
  if (!holdsOperators(operand)) return castEach(node, itemsOf(node, operand), path, scope);
  const { $each, ...others } = castTrusted(operand, path);
  refuseOthers(others, path);
  return castEach(node, $each, path, scope);
}

/** `$pull`: a value, a filter on the elements, or trusted operators. */
export function castPull(node: PathNode, operand: unknown, path: string): unknown {
  const element = elementOf(node, path);
  if (holdsOperators(operand) && element.kind !== 'document') {
    return castOperators(element, operand, path, (inner, filter, at) => castFilter(inner, filter, at));
  }
  if (!isPlainObject(operand) || element.kind !== 'document') return castEquality(element, operand, path);
  if (Object.keys(operand).length === 0) refuse(path, 'must name a condition');
  return castFilter(element, operand, path);
}

export function castPullAll(node: PathNode, operand: unknown, path: string): unknown {
  const element = elementOf(node, path);
  if (!Array.isArray(operand)) return refuse(path, 'must be a list');
  return operand.map((item, index) => castEquality(element, item, `${path}.${index}`));
}

export function castPop(node: PathNode, operand: unknown, path: string): unknown {
  elementOf(node, path);
  return operand === 1 || operand === -1 ? operand : refuse(path, 'must be 1 or -1');
}

/** As in Mongoose, a list adds its items, but where the items are lists themselves or may be. */
function itemsOf({ element }: PathNode, operand: unknown): unknown[] {
  const isList = Array.isArray(operand) && element?.kind !== 'array' && element?.kind !== 'mixed';
  return isList ? operand : [operand];
}

function castEach(node: PathNode, items: unknown, path: string, scope: UpdateScope): { $each: unknown[] } {
  const element = elementOf(node, path);
  if (!Array.isArray(items)) return refuse(path, 'must be a list');
  return { $each: castItems(element, items, path, scope) };
}

function elementOf(node: PathNode, path: string): PathNode {
  if (node.kind === 'mixed') return node;
  return (node.kind === 'array' ? node.element : undefined) ?? refuse(path, 'is not an array');
}

/** A direction, or one for each field of the elements. */
function castSort({ element }: PathNode, sort: unknown, path: string): unknown {
  if (sort === 1 || sort === -1) return sort;
  if (!isPlainObject(sort)) return refuse(path, 'must be sorted by 1 or -1');
  for (const [field, direction] of Object.entries(sort)) {
    if (element?.find(field) === undefined) refuse(`${path}.${field}`, 'is not a field of this collection');
    if (direction !== 1 && direction !== -1) refuse(path, 'must be sorted by 1 or -1');
  }
  return sort;
}

function refuseOthers(others: object, path: string): void {
  if (Object.keys(others).length > 0) refuse(path, 'holds an operator that is not allowed');
}

function wholeNumber(value: unknown, path: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value)
    ? value
    : refuse(path, 'must be a whole number');
}
