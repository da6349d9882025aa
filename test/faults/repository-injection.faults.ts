import { DocumentInvalidError, FilterInvalidError, MongoRepository } from '#database';
import fc from 'fast-check';
import { mongo, Schema } from 'mongoose';
import { payload } from '../../libs/database/src/schema/filter-attacks.spec.ts';
import { expectFigure } from '../support/figures.ts';
import { TestConnection } from '../support/test-connection.ts';

interface Person {
  name: string;
  age: number;
  isActive: boolean;
  since: Date;
  tags: string[];
  home: { city?: string; floor?: number };
  parts: { city?: string }[];
  limits: Map<string, number>;
}

class PersonRepository extends MongoRepository<Person> {}

const part = new Schema({ city: String, floor: Number }, { _id: false });
const schema = new Schema<Person>(
  {
    name: { type: String, required: true },
    age: Number,
    isActive: Boolean,
    since: Date,
    tags: [String],
    home: part,
    parts: [part],
    limits: { type: Map, of: Number },
  },
  { timestamps: true },
);
/** Middleware makes every write go through Mongoose. */
const hooked = schema.clone().pre('save', () => undefined);

// INJECTION_CASES sets the number of payloads, INJECTION_SEED the seed that is printed with a failure.
const CASES = Number(process.env.INJECTION_CASES ?? 250);
const SEED = Number(process.env.INJECTION_SEED ?? Date.now() % 2 ** 31);
const ATTACKS = fc.sample(payload, { numRuns: CASES, seed: SEED });

/** Where a filter, an update or a document may hold what came from outside. */
const IN_FILTER: ((value: unknown) => unknown)[] = [
  (value) => value,
  (name) => ({ name }),
  (age) => ({ age }),
  (_id) => ({ _id }),
  (isActive) => ({ isActive }),
  (since) => ({ since }),
  (tags) => ({ tags }),
  (home) => ({ home }),
  (city) => ({ 'home.city': city }),
  (parts) => ({ parts }),
  (city) => ({ parts: { city } }),
  (day) => ({ 'limits.day': day }),
  (value) => ({ $or: [value] }),
  (name) => ({ $and: [{ name }] }),
  (value) => ({ $nor: value }),
  (value) => ({ name: 'nobody', $or: value }),
  (value) => ({ $where: value }),
  (value) => ({ $expr: value }),
];
const IN_UPDATE: ((value: unknown) => unknown)[] = [
  (value) => value,
  (age) => ({ age }),
  (name) => ({ name }),
  (name) => ({ $set: { name } }),
  (value) => ({ $set: value }),
  (age) => ({ $inc: { age } }),
  (tags) => ({ $push: { tags } }),
  (tags) => ({ $addToSet: { tags } }),
  (since) => ({ $min: { since } }),
  (value) => ({ $rename: value }),
  (value) => ({ $bit: { age: value } }),
  (value) => [{ $set: value }],
];
const IN_DOCUMENT: ((value: unknown) => object)[] = [
  (name) => ({ name }),
  (age) => ({ name: 'Eve', age }),
  (since) => ({ name: 'Eve', since }),
  (tags) => ({ name: 'Eve', tags }),
  (home) => ({ name: 'Eve', home }),
  (parts) => ({ name: 'Eve', parts }),
  (limits) => ({ name: 'Eve', limits }),
  (_id) => ({ name: 'Eve', _id }),
  (value) => ({ name: 'Eve', ...(value as object) }),
];

type Call = (people: PersonRepository, value: never) => Promise<unknown>;

const CHANGE = { age: 99 };
const BY_ID: Record<string, Call> = {
  findById: (people, id) => people.findById(id),
  getById: (people, id) => people.getById(id),
  updateById: (people, id) => people.updateById(id, CHANGE),
  findByIdAndUpdate: (people, id) => people.findByIdAndUpdate(id, CHANGE),
  replaceById: (people, id) => people.replaceById(id, { name: 'Eve' }),
  deleteById: (people, id) => people.deleteById(id),
};
const BY_FILTER: Record<string, Call> = {
  findOne: (people, filter) => people.findOne(filter),
  find: (people, filter) => people.find(filter),
  findPage: (people, filter) => people.findPage(filter),
  stream: async (people, filter) => people.stream(filter).next(),
  count: (people, filter) => people.count(filter),
  exists: (people, filter) => people.exists(filter),
  distinct: (people, filter) => people.distinct('name', filter),
  updateOne: (people, filter) => people.updateOne(filter, CHANGE),
  updateMany: (people, filter) => people.updateMany(filter, CHANGE),
  upsert: (people, filter) => people.upsert(filter, CHANGE),
  deleteOne: (people, filter) => people.deleteOne(filter),
  deleteMany: (people, filter) => people.deleteMany(filter),
};
const firstId = new mongo.ObjectId();
const BY_UPDATE: Record<string, Call> = {
  updateById: (people, update) => people.updateById(firstId, update),
  updateOne: (people, update) => people.updateOne({ name: 'Ada' }, update),
  updateMany: (people, update) => people.updateMany({ name: 'Ada' }, update),
  findByIdAndUpdate: (people, update) => people.findByIdAndUpdate(firstId, update),
  upsert: (people, update) => people.upsert({ name: 'Ada' }, update),
};
const OTHERS: Record<string, Call> = {
  'sort of find': (people, sort) => people.find({}, { sort }),
  'sort of findPage': (people, sort) => people.findPage({}, { sort }),
  'sort field of findPage': (people, name) => people.findPage({}, { sort: { [JSON.stringify(name)]: 1 } }),
  'cursor of findPage': (people, cursor) => people.findPage({}, { cursor: JSON.stringify(cursor) }),
  'field of distinct': (people, field) => people.distinct(field, {}),
  expectedVersion: (people, expectedVersion) => people.updateById(firstId, CHANGE, { expectedVersion }),
};

let context: TestConnection;
let people: PersonRepository[];
let before: string;
beforeAll(async () => {
  context = await TestConnection.start();
  const { connection } = context;
  people = [
    new PersonRepository(connection.mongoose.model('Person', schema), connection),
    new PersonRepository(connection.mongoose.model('Hooked', hooked), connection),
  ];
});
beforeEach(async () => {
  await context.clear();
  for (const repository of people) {
    await repository.insert({
      _id: firstId,
      name: 'Ada',
      age: 36,
      tags: ['a'],
      home: { city: 'Ulm' },
    } as object);
    await repository.insert({ name: 'Bob', isActive: true, since: new Date(0), parts: [{ city: 'Ulm' }] });
  }
  before = await everything();
});
afterAll(() => context.stop());

async function everything(): Promise<string> {
  const stored: mongo.Document[] = [];
  for (const name of ['people', 'hookeds'])
    stored.push(...(await context.database.db.collection(name).find().sort({ _id: 1 }).toArray()));
  return mongo.BSON.EJSON.stringify(stored);
}

const REFUSALS = [FilterInvalidError, DocumentInvalidError];

/**
 * Makes each call with each attack in each place.
 *
 * @returns What was answered in place of a refusal
 */
async function attack(
  calls: Record<string, Call>,
  places: ((value: unknown) => unknown)[],
  isHarmless: (answer: unknown) => boolean = () => false,
): Promise<string[]> {
  const answers: string[] = [];
  for (const [name, call] of Object.entries(calls)) {
    for (const [place, put] of places.entries()) {
      for (const value of ATTACKS) {
        for (const repository of people) {
          const given = put(JSON.parse(JSON.stringify(value)));
          const answer = await (async () => call(repository, given as never))().catch(
            (error: unknown) => error,
          );
          const isRefused = REFUSALS.some((kind) => answer instanceof kind) || isHarmless(answer);
          if (!isRefused) answers.push(`${name} ${place} ${JSON.stringify(given)} ${describeAnswer(answer)}`);
        }
      }
    }
  }
  return answers;
}

function describeAnswer(answer: unknown): string {
  return Error.isError(answer) ? `${answer.name}: ${answer.message}` : JSON.stringify(answer);
}

function keep(what: string, answers: readonly string[]): void {
  expect({ seed: SEED, answers: answers.slice(0, 20) }).toEqual({ seed: SEED, answers: [] });
  expectFigure({ row: 'A21', what: `${what}: not refused`, value: answers.length, unit: '', limit: 0 });
}

it('A21: there are enough payloads', () => {
  const different = new Set(ATTACKS.map((value) => JSON.stringify(value))).size;
  expectFigure({ row: 'A21', what: 'payloads', value: different, unit: '', limit: 200, atLeast: true });
});

it.each<[string, Record<string, Call>, ((value: unknown) => unknown)[]]>([
  ['ids', BY_ID, [(value) => value, (value) => [value]]],
  ['filters', BY_FILTER, IN_FILTER],
  ['updates', BY_UPDATE, IN_UPDATE],
])('A21: no operator from outside gets in through %s', async (what, calls, places) => {
  keep(what, await attack(calls, places));
  expect(await everything()).toBe(before);
});

it('A21: no operator from outside gets in through options', async () => {
  const named = (answer: unknown): boolean =>
    answer instanceof Error && ['CursorInvalidError', 'PageSortError'].includes(answer.name);
  keep('options', await attack(OTHERS, [(value) => value], named));
  expect(await everything()).toBe(before);
});

it('A21: documents are refused, or stored with the fields of the schema alone', async () => {
  const known = new Set([...Object.keys(schema.paths), 'limits', 'createdAt', 'updatedAt', '__v']);
  const isClean = (answer: unknown): boolean => {
    const text = JSON.stringify(answer);
    const keys = Object.keys(answer as object);
    return !Error.isError(answer) && keys.every((key) => known.has(key)) && !/"[$]|_bsontype/.test(text);
  };
  const insert: Record<string, Call> = { insert: (repository, document) => repository.insert(document) };
  const replace: Record<string, Call> = {
    replaceById: (repository, document) => repository.replaceById(firstId, document),
  };
  keep('documents', await attack({ ...insert, ...replace }, IN_DOCUMENT, isClean));
  expect(Object.keys(Object.prototype)).toEqual([]);
  for (const repository of people) expect(await repository.find({ name: 'Bob' })).toHaveLength(1);
});
