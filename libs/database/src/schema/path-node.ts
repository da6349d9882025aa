import { Schema, type SchemaType } from 'mongoose';
import { isUnchangedByCast } from './path-scalar.ts';
import { problemOfKey } from './path-value.ts';

/**
 * What lies at a path: `scalar` one value; `mixed` anything; `nested` fields written inline; `document` fields of a schema of their
 * own; `array` and `map` many of {@link PathNode.element}.
 */
export type NodeKind = 'scalar' | 'mixed' | 'nested' | 'document' | 'array' | 'map';

/** Paths come partly from outside, so what is remembered of them has a bound. */
const REMEMBERED_PATHS = 1_000;
const INDEX = /^\d{1,7}$/;

/** One place of a schema. Its children are made when first asked for, so that schemas may contain themselves. */
export class PathNode {
  readonly kind: NodeKind;
  /** Absent for the document as a whole and for nested fields. */
  readonly type: SchemaType | undefined;
  /** Of the document as a whole, of a `document`, or of elements that are documents. */
  readonly schema: Schema | undefined;
  /** Whether casting would give back exactly this value; `false` when it would have to be tried. */
  readonly isReady: (value: unknown) => boolean;
  readonly #fields: (() => ReadonlyMap<string, PathNode>) | undefined;
  readonly #remembered = new Map<string, PathNode>();
  #children: ReadonlyMap<string, PathNode> | undefined;
  #element: PathNode | undefined;

  constructor(
    kind: NodeKind,
    {
      type,
      schema,
      fields,
    }: { type?: SchemaType; schema?: Schema | undefined; fields?: () => ReadonlyMap<string, PathNode> },
  ) {
    this.kind = kind;
    this.type = type;
    this.schema = schema;
    this.#fields = fields;
    this.isReady = kind === 'scalar' && type !== undefined ? isUnchangedByCast(type) : () => false;
  }

  /** By the names of the schema; empty for what has no fields. */
  get children(): ReadonlyMap<string, PathNode> {
    return (this.#children ??= this.#fields?.() ?? new Map());
  }

  /** What an array or a map holds. */
  get element(): PathNode | undefined {
    if (this.kind !== 'array' && this.kind !== 'map') return undefined;
    return (this.#element ??= nodeOfType(this.type?.getEmbeddedSchemaType()));
  }

  /**
   * Follows a dotted path as a filter means it: an index is optional in arrays.
   *
   * @returns `undefined` when the schema has no such path
   */
  find(path: string): PathNode | undefined {
    const known = this.#remembered.get(path);
    if (known !== undefined) return known;
    const [first = '', ...names] = path.split('.');
    let node = this.throughArrays(first);
    for (const name of names) node = node?.throughArrays(name);
    if (node !== undefined && path.length < 200 && this.#remembered.size < REMEMBERED_PATHS) {
      this.#remembered.set(path, node);
    }
    return node;
  }

  /**
   * Follows one name or index.
   *
   * @returns `undefined` when the schema has none
   */
  step(name: string): PathNode | undefined {
    if (this.kind === 'array') return INDEX.test(name) ? this.element : undefined;
    if (this.kind === 'map') return isFreeName(name) ? this.element : undefined;
    if (this.kind === 'mixed') return isFreeName(name) ? UNKNOWN : undefined;
    return this.children.get(name) ?? this.#elsewhere(name);
  }

  private throughArrays(name: string): PathNode | undefined {
    const next = this.step(name);
    return next ?? (this.kind === 'array' ? this.element?.throughArrays(name) : undefined);
  }

  /** A field of a discriminator, or any field where the schema says so. */
  #elsewhere(name: string): PathNode | undefined {
    if (this.schema === undefined) return undefined;
    for (const variant of Object.values(this.schema.discriminators ?? {})) {
      const child = rootNode(variant).children.get(name);
      if (child !== undefined) return child;
    }
    return this.schema.get('strict') === false && isFreeName(name) ? UNKNOWN : undefined;
  }
}

/** What lies where the schema says nothing. */
const UNKNOWN = new PathNode('mixed', {});

const roots = new WeakMap<Schema, PathNode>();

/** The document as a whole, with its version key; the same node for the same schema. */
export function rootNode(schema: Schema): PathNode {
  const known = roots.get(schema);
  if (known !== undefined) return known;
  const node = new PathNode('document', { schema, fields: () => fieldsOf(schema, { isRoot: true }) });
  roots.set(schema, node);
  return node;
}

function nodeOfType(type: SchemaType | undefined): PathNode {
  if (type === undefined) return UNKNOWN;
  const { schema } = type;
  switch (type.instance) {
    case 'Mixed':
      return new PathNode('mixed', { type });
    case 'Map':
      return new PathNode('map', { type });
    case 'Array':
      return new PathNode('array', { type, schema });
    case 'Embedded':
    case 'DocumentArrayElement':
      return schema === undefined
        ? new PathNode('mixed', { type })
        : new PathNode('document', { type, schema, fields: () => fieldsOf(schema, { isRoot: false }) });
    default:
      return new PathNode('scalar', { type });
  }
}

interface Tree extends Map<string, SchemaType | Tree> {}

function fieldsOf(schema: Schema, { isRoot }: { isRoot: boolean }): ReadonlyMap<string, PathNode> {
  const tree: Tree = new Map();
  for (const [path, type] of Object.entries(schema.paths)) {
    const names = path.split('.');
    // The elements of a map belong to the map.
    if (names.includes('$*')) continue;
    const last = names.pop() ?? path;
    branchOf(tree, names).set(last, type);
  }
  const versionKey = schema.get('versionKey');
  // Mongoose adds it to the paths when the first model is made.
  if (isRoot && typeof versionKey === 'string' && !tree.has(versionKey)) {
    tree.set(versionKey, new Schema.Types.Number(versionKey));
  }
  return nodesOf(tree, schema);
}

function branchOf(tree: Tree, names: readonly string[]): Tree {
  let branch = tree;
  for (const name of names) {
    const existing = branch.get(name);
    const next: Tree = existing instanceof Map ? existing : new Map();
    branch.set(name, next);
    branch = next;
  }
  return branch;
}

function nodesOf(tree: Tree, schema: Schema): ReadonlyMap<string, PathNode> {
  return new Map(
    Array.from(tree, ([name, entry]) => {
      if (!(entry instanceof Map)) return [name, nodeOfType(entry)];
      return [name, new PathNode('nested', { fields: () => nodesOf(entry, schema) })];
    }),
  );
}

/** Whether a name that no schema knows may be used: no operator, and nothing that reaches a prototype. */
function isFreeName(name: string): boolean {
  return name !== '' && problemOfKey(name) === undefined;
}
