import fc from 'fast-check';
import { type Model, mongo, Mongoose, Schema, trusted } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseError } from '../errors/database.error.ts';
import { compileUpdate } from './update-compiler.ts';
import { CREATED, KINDS } from './update-kinds.spec.ts';

// Mongoose's own updateOne with validators is the oracle: the same stored document, or both refuse.
// UPDATE_CASES sets the number of schemas, UPDATE_SEED the seed that a failure has printed.
const SCHEMAS = Number(process.env.UPDATE_CASES ?? 80);
const SEED = process.env.UPDATE_SEED;
const UPDATES_EACH = 8;
const AT = new Date('2031-05-06T07:08:09.010Z');

const cases = fc
  .uniqueArray(fc.constantFrom(...Object.keys(KINDS)), { minLength: 2, maxLength: 6 })
  .chain((names) => {
    const change = fc
      .constantFrom(...names)
      .chain((name) =>
        fc
          .constantFrom(...(KINDS[name]?.().changes ?? []))
          .map(([operator, suffix, operand]) => ({ operator, path: `${name}${suffix}`, operand })),
      );
    const updates = fc.array(
      fc.uniqueArray(change, { minLength: 1, maxLength: 3, selector: ({ path }) => path.split('.')[0] }),
      {
        minLength: UPDATES_EACH,
        maxLength: UPDATES_EACH,
      },
    );
    return fc.record({ names: fc.constant(names), updates, isPlain: fc.boolean() });
  });

describe(`${compileUpdate.name}, compared with Mongoose`, () => {
  let database: TestDatabase;
  let mongoose: Mongoose;
  beforeAll(async () => {
    database = await TestDatabase.start();
    mongoose = new Mongoose({ autoIndex: false, autoCreate: false });
    mongoose.now = () => AT;
    await mongoose.connect(database.uri);
  });
  afterAll(async () => {
    await mongoose.disconnect();
    await database.stop();
  });

  it('stores the same document, or both refuse', async () => {
    const counts = { stored: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async ({ names, updates, isPlain }) => {
        const kinds = Object.fromEntries(names.map((name) => [name, KINDS[name]?.()]));
        const declared = Object.fromEntries(
          Object.entries(kinds).map(([name, kind]) => [name, kind?.declare]),
        );
        const schema = new Schema(declared as never, { timestamps: true });
        const model = mongoose.model('Case', schema, 'cases', {
          overwriteModels: true,
        }) as unknown as Model<unknown>;
        const compile = compileUpdate(model.schema);
        const first = {
          ...Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind?.stored])),
          createdAt: CREATED,
          updatedAt: CREATED,
          __v: 0,
        };
        for (const changes of updates) {
          const update: Record<string, unknown> = {};
          for (const { operator, path, operand } of changes) {
            if (isPlain && operator === '$set') update[path] = operand;
            else update[operator] = { ...(update[operator] as object | undefined), [path]: operand };
          }
          const expected = await outcome(model, first, (_id) =>
            model.updateOne({ _id } as never, structuredClone(update), {
              runValidators: true,
              strict: 'throw',
            }),
          );
          const actual = await outcome(model, first, async (_id) =>
            model.collection.updateOne({ _id }, compile(marked(update) as object, { at: AT })),
          );
          if (typeof actual === 'string') {
            counts.refused++;
            expect([update, typeof expected]).toEqual([update, 'string']);
          } else {
            counts.stored++;
            expect([update, actual]).toEqual([
              update,
              typeof expected === 'string' ? expected : { ...expected, __v: 1 },
            ]);
          }
        }
      }),
      { numRuns: SCHEMAS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    if (process.env.UPDATE_REPORT !== undefined) process.stdout.write(`${JSON.stringify(counts)}\n`);
    expect(counts.stored).toBeGreaterThan(SCHEMAS * 2);
    expect(counts.refused).toBeGreaterThan(SCHEMAS * 2);
  }, 600_000);
});

/** The document after the update without the ids of its parts, or the name of the error. */
async function outcome(
  model: Model<unknown>,
  first: object,
  update: (id: mongo.ObjectId) => Promise<unknown>,
) {
  const { insertedId } = await model.collection.insertOne(structuredClone(first));
  try {
    await update(insertedId);
  } catch (error) {
    if (error instanceof DatabaseError || error instanceof mongo.MongoServerError) return error.message;
    return `Mongoose: ${String(error)}`;
  }
  const { _id, ...stored } = (await model.collection.findOne({ _id: insertedId })) ?? {};
  return withoutIds(stored) as Record<string, unknown>;
}

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutIds(item));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === '_id' ? [] : [[key, withoutIds(inner)]])),
  );
}

/** As a developer writes it: objects with operators below a field are marked. */
function marked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date)
    return value;
  return trusted(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marked(inner)])));
}
