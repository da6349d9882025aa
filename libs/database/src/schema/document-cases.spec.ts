import { inspect } from 'node:util';
import fc from 'fast-check';
import { Schema } from 'mongoose';
import { DAY, FIXED_ID, number, scalars, type Shape, text, wrong } from './field-cases.spec.ts';

// Schemas with inputs that fit them more or less, for the comparison with Mongoose in document-compiler.property.spec.ts.

const INPUTS_EACH = 6;
const CONTAINERS = ['SchemaArray', 'SchemaDocumentArray', 'SchemaSubdocument', 'SchemaMap', 'SchemaMixed'];

/** A schema, and inputs for documents of it. */
export interface SchemaCase {
  makeSchema: () => Schema;
  inputs: Record<string, unknown>[];
}

const bare: fc.Arbitrary<Shape> = fc.constantFrom(
  { declare: () => ({ type: Number }), right: number },
  { declare: () => ({ type: String, trim: true }), right: text },
);
const KEYS = ['a', 'b', 'c', 'd', 'e'];
const MAXIMUM_DEPTH = 3;

function fieldsOf(depth: number): fc.Arbitrary<Record<string, Shape>> {
  return fc
    .uniqueArray(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 5 })
    .chain((keys) =>
      fc
        .tuple(...keys.map(() => shape(depth)))
        .map((shapes) => Object.fromEntries(keys.map((key, i) => [key, shapes[i] as Shape]))),
    );
}

const schemaOptions = fc.record(
  {
    _id: fc.constant(false),
    timestamps: fc.constantFrom<unknown>(
      true,
      { createdAt: 'born' },
      { createdAt: false },
      { updatedAt: false },
      { updatedAt: 'seen' },
    ),
    minimize: fc.constant(false),
    strict: fc.constantFrom<true | 'throw'>(true, 'throw'),
    id: fc.constant(false),
    versionKey: fc.constantFrom<string | false>('rev', false),
  },
  { requiredKeys: [] },
);

function shape(depth: number): fc.Arbitrary<Shape> {
  if (depth >= MAXIMUM_DEPTH) return scalars;
  const lists = fc
    .tuple(
      scalars,
      fc.constantFrom<object>(
        {},
        { required: true },
        { default: undefined },
        { default: null },
        { default: () => [] },
        { validate: (list: unknown[]) => list.length < 3 },
      ),
    )
    .map(([of, options]) => ({
      declare: () => ({ ...options, type: [of.declare()] }),
      right: fc.array(of.right, { maxLength: 3 }),
    }));
  const grids = bare.map((of) => ({
    declare: () => [[of.declare()]],
    right: fc.array(fc.array(of.right, { maxLength: 2 }), { maxLength: 2 }),
  }));
  const maps = (depth > 0 ? bare : scalars).map((of) => ({
    declare: () => (depth > 0 ? of.declare() : { type: Map, of: of.declare() }),
    right: fc.dictionary(fc.constantFrom('x', 'y', 'z.z'), of.right),
  }));
  const parts = fc.record({
    fields: fieldsOf(depth + 1),
    options: schemaOptions,
    mode: fc.constantFrom('one', 'many', 'nested'),
  });
  const groups = parts.chain(({ fields, options, mode }) =>
    fc
      .constantFrom<object>({}, { required: true }, { default: undefined }, { default: () => ({}) })
      .map((own): Shape => {
        const values = input(fields, false);
        if (mode === 'nested') return { declare: () => declaration(fields), right: values, fields };
        const schema = () => new Schema(declaration(fields) as never, options as never);
        if (mode === 'one') return { declare: () => ({ ...own, type: schema() }), right: values, fields };
        const many = 'default' in own && own.default !== undefined ? {} : own;
        return { declare: () => ({ ...many, type: [schema()] }), right: fc.array(values, { maxLength: 3 }) };
      }),
  );
  return fc.oneof(
    { weight: 6, arbitrary: scalars },
    { weight: 2, arbitrary: lists },
    { weight: 4, arbitrary: groups },
    grids,
    maps,
  );
}

function declaration(fields: Record<string, Shape>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, { declare }]) => [key, declare()]));
}

/** @param isWild - With values of any kind, keys from elsewhere and dangerous ones */
function input(fields: Record<string, Shape>, isWild: boolean): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(fields).map(([key, { right, fields: inner }]) => {
    const value = isWild && inner !== undefined ? fc.oneof(right, input(inner, true)) : right;
    const any = isWild
      ? fc.oneof({ weight: 6, arbitrary: value }, wrong, fc.constantFrom(null, undefined))
      : value;
    return fc.option(
      any.map((made): [string, unknown][] => [[key, made]]),
      { nil: [] as [string, unknown][], freq: 4 },
    );
  });
  const extra = fc.constantFrom<[string, unknown][]>(
    [],
    [],
    [],
    [['extra', 1]],
    [['a.b', 1]],
    [['__proto__', { p: 1 }]],
    [['constructor', 1]],
    [['id', 'x']],
    [['_id', FIXED_ID]],
    [['_id', null]],
    [['createdAt', DAY]],
    [['createdAt', undefined]],
    [['updatedAt', '2020']],
    [['born', null]],
    [['__v', 5]],
    [['$set', 1]],
    [['$__', 1]],
    [['toString', 1]],
  );
  return fc.tuple(fc.tuple(...entries), isWild ? extra : fc.constant([])).chain(([made, more]) =>
    fc
      .shuffledSubarray([...made.flat(), ...more], { minLength: made.flat().length + more.length })
      .map((pairs) => {
        const result: Record<string, unknown> = {};
        for (const [key, value] of pairs)
          Object.defineProperty(result, key, { value, enumerable: true, writable: true, configurable: true });
        return result;
      }),
  );
}

const rootOptions = schemaOptions.map(({ _id, ...options }) => ({
  ...options,
  autoCreate: false,
  autoIndex: false,
}));

export const schemaCases: fc.Arbitrary<SchemaCase> = fc
  .tuple(fieldsOf(0), rootOptions)
  .chain(([fields, options]) =>
    fc
      .array(
        fc.boolean().chain((isWild) => input(fields, isWild)),
        { minLength: INPUTS_EACH, maxLength: INPUTS_EACH },
      )
      .map((inputs) => ({
        inputs,
        makeSchema: () => new Schema(declaration(fields) as never, options as never),
        // What fast-check prints of a failure.
        [fc.toStringMethod]: () => inspect({ schema: declaration(fields), options, inputs }, { depth: 8 }),
      })),
  );

describe('generated schemas', () => {
  it('have every kind of field', () => {
    const seen = new Set<string>();
    for (const { makeSchema } of fc.sample(schemaCases, { numRuns: 200, seed: 1 })) {
      makeSchema().eachPath((path, { constructor }) =>
        seen.add(path.includes('.') ? 'nested' : constructor.name),
      );
    }
    expect([...seen]).toEqual(expect.arrayContaining(['nested', ...CONTAINERS]));
  });
});
