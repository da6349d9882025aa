import fc from 'fast-check';
import { mongo, Mongoose, type Schema } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { compileBuilder } from './document-builder.ts';
import { schemaCases } from './document-cases.spec.ts';
import { compileDocumentWriter } from './document-compiler.ts';
import { GIVEN_ID } from './field-cases.spec.ts';

// Mongoose's own save is the oracle: the bytes that it would send, or the problems that it names.
// A map that would pass for a BSON type is refused, but stored by Mongoose.
// DOCUMENT_CASES is the number of schemas, DOCUMENT_SEED the seed that a failure has printed.

const SCHEMAS = Number(process.env.DOCUMENT_CASES ?? 400);
const SEED = process.env.DOCUMENT_SEED;
const AT = new Date('2031-05-06T07:08:09.010Z');
const FORGED = 'holds a forged BSON type';
const { EJSON, deserialize, serialize } = mongo.BSON;

/** What became of an input: the stored bytes as text, or the refusal. */
interface Outcome {
  stored?: string;
  problems: string[];
}

describe(`${compileDocumentWriter.name}, compared with Mongoose`, () => {
  const mongoose = new Mongoose();
  mongoose.now = () => AT;
  const counts = { schemas: 0, withReasons: 0, stored: 0, refused: 0, built: 0, namesMore: 0, forged: 0 };

  it('stores the same bytes and names the same problems', async () => {
    const property = fc.asyncProperty(schemaCases, async ({ makeSchema, inputs }) => {
      const { schema, save } = modelOf(makeSchema());
      counts.schemas++;
      const compilation = compileDocumentWriter(schema);
      if (!compilation.isCompiled) {
        counts.withReasons++;
        return;
      }
      const build = compileBuilder(schema);
      for (const input of inputs) {
        const expected = await outcomeOf(() => save(input));
        const actual = await outcomeOf(() => compilation.writer.write(input, AT));
        if (actual.problems.some((problem) => problem.endsWith(FORGED))) {
          expect(expected.stored ?? 'not BSON').toMatch(/^not BSON/);
          counts.forged++;
          continue;
        }
        expect(actual.stored).toBe(expected.stored);
        expectSameProblems(actual.problems, expected.problems);
        counts[expected.stored === undefined ? 'refused' : 'stored']++;
        if (isBuilt(() => build(input, AT))) counts.built++;
      }
    });
    await fc.assert(property, { numRuns: SCHEMAS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
  }, 600_000);

  it('compiles most schemas and writes most documents without Mongoose', () => {
    if (process.env.DOCUMENT_CASES !== undefined) process.stdout.write(`${JSON.stringify(counts)}\n`);
    expect(counts.withReasons).toBeLessThan(counts.schemas / 3);
    expect(counts.built).toBeGreaterThan(counts.stored / 2);
    expect(counts.refused).toBeGreaterThan(counts.stored / 4);
  });

  function modelOf(schema: Schema) {
    const model = mongoose.model('Case', schema, 'cases', { overwriteModels: true });
    let sent: mongo.Document = {};
    Object.assign(model.collection, {
      insertOne(document: mongo.Document) {
        sent = document;
        return Promise.resolve({ acknowledged: true });
      },
    });
    const save = async (input: object) => {
      await new model(input).save();
      return sent;
    };
    return { schema: model.schema, save };
  }

  /** Mongoose loses problems of documents in arrays: it does not wait for the later ones. */
  function expectSameProblems(actual: string[], expected: string[]): void {
    expect(actual).toEqual(expect.arrayContaining(expected));
    const more = actual.filter((problem) => !expected.includes(problem));
    expect(more.filter((problem) => !/\.\d+\./.test(problem))).toEqual([]);
    if (more.length > 0) counts.namesMore++;
  }
});

async function outcomeOf(write: () => mongo.Document | Promise<mongo.Document>): Promise<Outcome> {
  let document: mongo.Document;
  try {
    document = await write();
  } catch (error) {
    const named = toDatabaseError(error);
    if (!(named instanceof DocumentInvalidError)) return { problems: [String(named)] };
    return { problems: named.problems.map(({ path, message }) => `${path} ${message}`) };
  }
  return { stored: textOf(document), problems: [] };
}

function textOf(document: mongo.Document): string {
  let text: string;
  try {
    text = EJSON.stringify(deserialize(serialize(document), { promoteValues: false }), { relaxed: false });
  } catch (error) {
    return `not BSON: ${(error as Error).name}`;
  }
  return text.replaceAll(new RegExp(`"\\$oid":"(?!${GIVEN_ID})\\w+"`, 'g'), '"made"');
}

function isBuilt(build: () => unknown): boolean {
  try {
    build();
    return true;
  } catch {
    return false;
  }
}
