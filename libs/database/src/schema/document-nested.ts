import type { mongo } from 'mongoose';
import { checkUnknown } from './document-unknown.ts';
import { leaveToMongoose } from './field-caster.ts';
import { isRecord, type SchemaParts } from './field-type.ts';
import { compileField, type Field, type FieldContext, isAcceptable } from './field-writer.ts';

/** Fields under a common name without a schema of their own, as in `{ address: { city: String } }`. */
export interface NestedField {
  isNested: true;
  key: string;
  write: (source: Record<string, unknown>, out: mongo.Document, at: Date) => void;
}

interface Node {
  isNested: true;
  key: string;
  path: string;
  /** In the order of the schema's tree. */
  children: (Field | Node)[];
}

/** A field below the node, with the names that lead to it. */
interface Leaf {
  names: string[];
  field: Field;
}

export function compileNested(parts: SchemaParts, key: string, context: FieldContext): NestedField {
  const root = nodeAt(parts, key, key, parts.tree[key], context);
  const leaves = leavesOf(parts, root);
  return {
    isNested: true,
    key,
    write(source, out, at) {
      const given = source[key];
      if (given !== undefined && !isRecord(given)) leaveToMongoose();
      const made =
        given === undefined ? withoutValues(leaves, at) : withValues(parts, root, leaves, given, at);
      finish(root, made, context.isMinimized);
      if (!context.isMinimized || Object.keys(made).length > 0) out[key] = made;
    },
  };
}

function nodeAt(parts: SchemaParts, key: string, path: string, tree: unknown, context: FieldContext): Node {
  const children: (Field | Node)[] = [];
  for (const [name, branch] of Object.entries(tree as Record<string, unknown>)) {
    const childPath = `${path}.${name}`;
    const type = parts.paths[childPath];
    if (type !== undefined) children.push(compileField(type, name, context));
    else if (parts.nested[childPath]) children.push(nodeAt(parts, name, childPath, branch, context));
  }
  return { isNested: true, key, path, children };
}

/** In the order of the schema's paths, in which Mongoose goes through defaults. */
function leavesOf(parts: SchemaParts, root: Node): Leaf[] {
  return Object.keys(parts.paths).flatMap((path) => {
    if (!path.startsWith(`${root.path}.`)) return [];
    const names = path.split('.').slice(1);
    let found: Field | Node | undefined = root;
    for (const name of names) {
      if (!found.isNested) return [];
      found = found.children.find((child) => child.key === name);
      if (found === undefined) return [];
    }
    return found.isNested ? [] : [{ names, field: found }];
  });
}

/** Nothing given: every level is made, then the defaults are set, those that are functions last. */
function withoutValues(leaves: Leaf[], at: Date): mongo.Document {
  const made: mongo.Document = {};
  for (const { names } of leaves) levelOf(made, names);
  for (const { names, field } of leaves) setDefault(made, names, field, field.early?.(at));
  for (const { names, field } of leaves) setDefault(made, names, field, field.late?.(at));
  return made;
}

/** Something given: its own keys in the order of the schema, then the missing defaults in the order of the paths. */
function withValues(
  parts: SchemaParts,
  root: Node,
  leaves: Leaf[],
  given: Record<string, unknown>,
  at: Date,
) {
  const made = fill(parts, root, given, at);
  for (const { names, field } of leaves) {
    const makeDefault = field.early ?? field.late;
    if (makeDefault !== undefined && !isGiven(given, names)) setDefault(made, names, field, makeDefault(at));
  }
  return made;
}

function fill(parts: SchemaParts, node: Node, given: Record<string, unknown>, at: Date): mongo.Document {
  for (const key of Object.keys(given)) {
    if (!node.children.some((child) => child.key === key)) checkUnknown(parts, `${node.path}.${key}`, key);
  }
  const made: mongo.Document = {};
  for (const child of node.children) {
    if (!Object.hasOwn(given, child.key)) continue;
    const value = given[child.key];
    if (child.isNested) {
      if (!isRecord(value)) leaveToMongoose();
      made[child.key] = fill(parts, child, value, at);
      continue;
    }
    const cast = value === undefined && !child.hasSetters ? undefined : child.cast(value, at);
    if (cast !== undefined) made[child.key] = cast;
    else if (child.isPlaced || child.early !== undefined) leaveToMongoose();
  }
  return made;
}

function isGiven(given: Record<string, unknown>, names: string[]): boolean {
  let value: unknown = given;
  for (const name of names) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return false;
    value = value[name];
  }
  return true;
}

function setDefault(made: mongo.Document, names: string[], { key }: Field, value: unknown): void {
  if (value === undefined) return;
  const level = levelOf(made, names);
  if (level[key] === undefined) level[key] = value;
}

function levelOf(made: mongo.Document, names: string[]): mongo.Document {
  let level = made;
  for (const name of names.slice(0, -1)) {
    level[name] ??= {};
    level = level[name] as mongo.Document;
  }
  return level;
}

/** Validates what is there and what is missing, and leaves out empty levels. */
function finish(node: Node, made: mongo.Document, isMinimized: boolean): void {
  for (const child of node.children) {
    const value: unknown = made[child.key];
    if (child.isNested) {
      const level = (value ?? {}) as mongo.Document;
      finish(child, level, isMinimized);
      if (value !== undefined && isMinimized && Object.keys(level).length === 0) delete made[child.key];
      continue;
    }
    if (!isAcceptable(child, value)) leaveToMongoose();
    if (value === undefined || child.store === undefined) continue;
    const stored = child.store(value);
    if (stored === undefined) delete made[child.key];
    else made[child.key] = stored;
  }
}
