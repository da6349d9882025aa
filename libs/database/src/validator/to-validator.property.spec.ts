import { inspect } from 'node:util';
import fc from 'fast-check';
import { mongo, Mongoose } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { schemaCases } from '../schema/document-cases.spec.ts';
import { compileDocumentWriter } from '../schema/document-compiler.ts';
import { toValidator } from './to-validator.ts';

// VALIDATOR_CASES is the number of schemas, VALIDATOR_SEED the seed that a failure has printed.

const SCHEMAS = Number(process.env.VALIDATOR_CASES ?? 150);
const SEED = process.env.VALIDATOR_SEED;
const AT = new Date('2031-05-06T07:08:09.010Z');

describe(`${toValidator.name}, on the server`, () => {
  const mongoose = new Mongoose();
  const counts = { accepted: 0, schemas: 0 };
  let database: TestDatabase;
  beforeAll(async () => {
    database = await TestDatabase.start();
    await database.db.createCollection('cases');
  });
  afterAll(() => database.stop());

  it('accepts every document that a schema lets through', async () => {
    const cases = database.db.collection('cases');
    const property = fc.asyncProperty(schemaCases, async ({ makeSchema, inputs }) => {
      const { schema } = mongoose.model('Case', makeSchema(), 'cases', { overwriteModels: true });
      const compilation = compileDocumentWriter(schema);
      if (!compilation.isCompiled) return;
      const validator = toValidator(schema);
      await database.db.command({ collMod: 'cases', validator, validationAction: 'error' });
      counts.schemas += 1;
      for (const input of inputs) {
        const document = written(() => compilation.writer.write(input, AT));
        if (document === undefined || hasDottedKey(input)) continue;
        await cases.deleteMany({});
        await cases.insertOne(document).catch((error: unknown) => {
          const { errInfo } = error as mongo.MongoServerError;
          throw new Error(
            `Refused: ${JSON.stringify({ validator, errInfo, document: mongo.BSON.EJSON.stringify(document) })}`,
            {
              cause: error,
            },
          );
        });
        counts.accepted += 1;
      }
    });
    await fc.assert(property, { numRuns: SCHEMAS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
  }, 600_000);

  it('has tried enough of them', () => {
    expect(counts.accepted).toBeGreaterThan(counts.schemas);
  });
});

/** Through such a key Mongoose lets a scalar into the place of an object, and the server is right to refuse it. */
function hasDottedKey(input: object): boolean {
  return inspect(input, { depth: 9 }).includes("'a.b'");
}

/** `undefined` for what is refused, or is no BSON. */
function written(write: () => mongo.Document): mongo.Document | undefined {
  try {
    const document = write();
    mongo.BSON.serialize(document);
    return document;
  } catch {
    return undefined;
  }
}
