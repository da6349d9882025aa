import { MongoRepository } from '#database';
import { mongo, Schema, trusted } from 'mongoose';
import { expectFigure } from '../support/figures.ts';
import { TestConnection } from '../support/test-connection.ts';
import { attack, ATTACKS, keep } from './injection-attack.ts';
import {
  BY_ARRAY_FILTERS,
  BY_DELETED_ID,
  BY_DOCUMENT,
  BY_FILTER,
  BY_ID,
  BY_UPDATE,
  firstId,
  IN_ARRAY_FILTERS,
  IN_DOCUMENT,
  IN_FILTER,
  IN_UPDATE,
  OF_DELETED,
  OTHERS,
  PersonRepository,
  schema,
  type Calls,
  type Place,
} from './injection-calls.ts';

/** Middleware makes every write go through Mongoose. */
const hooked = schema.clone().pre('save', () => undefined);
const soft = schema.clone().add(new Schema({ deletedAt: { type: Date, softDelete: true } }));

let context: TestConnection;
let people: PersonRepository[];
let softly: PersonRepository;
let before: string;
beforeAll(async () => {
  context = await TestConnection.start();
  const { connection } = context;
  people = [
    new PersonRepository(connection.mongoose.model('Person', schema), connection),
    new PersonRepository(connection.mongoose.model('Hooked', hooked), connection),
  ];
  softly = new PersonRepository(connection.mongoose.model('Soft', soft), connection);
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
      parts: [{ city: 'Ulm', floor: 1 }],
    } as object);
    await repository.insert({ name: 'Bob', isActive: true, since: new Date(0), parts: [{ city: 'Ulm' }] });
  }
  await softly.insert({ _id: firstId, name: 'Ada' } as object);
  await softly.deleteById(firstId);
  before = await everything();
});
afterAll(() => context.stop());

async function everything(): Promise<string> {
  const stored: mongo.Document[] = [];
  for (const name of ['people', 'hookeds', 'softs'])
    stored.push(...(await context.database.db.collection(name).find().sort({ _id: 1 }).toArray()));
  return mongo.BSON.EJSON.stringify(stored);
}

it('A21: there are enough payloads', () => {
  const different = new Set(ATTACKS.map((value) => JSON.stringify(value))).size;
  expectFigure({ row: 'A21', what: 'payloads', value: different, unit: '', limit: 200, atLeast: true });
});

it.each<[string, Calls, Place[]]>([
  ['ids', BY_ID, [(value) => value, (value) => [value]]],
  ['filters', BY_FILTER, IN_FILTER],
  ['updates', BY_UPDATE, IN_UPDATE],
  ['array filters', BY_ARRAY_FILTERS, IN_ARRAY_FILTERS],
])('A21: no operator from outside gets in through %s', async (what, calls, places) => {
  keep(what, await attack(people, calls, places));
  expect(await everything()).toBe(before);
});

it('A21: no operator from outside gets in through ids of what was deleted softly', async () => {
  const places = [(value: unknown) => value, (value: unknown) => [value]];
  keep('ids of what was deleted softly', await attack([softly], BY_DELETED_ID, places));
  expect(await everything()).toBe(before);
});

it('A21: no operator from outside gets in through options', async () => {
  const named = (answer: unknown): boolean =>
    answer instanceof Error && ['CursorInvalidError', 'PageSortError'].includes(answer.name);
  const places = [(value: unknown) => value];
  const answers = await attack(people, OTHERS, places, named);
  keep('options', [...answers, ...(await attack([softly], OF_DELETED, places))]);
  expect(await everything()).toBe(before);
});

it.each(Object.entries(BY_ARRAY_FILTERS))(
  'A21: %s reach the elements where code gives them',
  async (_, call) => {
    const arrayFilters = [
      { tag: trusted({ $in: ['a'] }) },
      { $and: [{ 'part.city': 'Ulm' }, { 'part.floor': 1 }] },
    ];
    for (const repository of people) {
      await call(repository, arrayFilters as never);
      expect(await repository.findById(firstId)).toMatchObject({ tags: ['b'], parts: [{ city: 'Bonn' }] });
    }
  },
);

it('A21: documents are refused, or stored with the fields of the schema alone', async () => {
  const known = new Set([...Object.keys(schema.paths), 'limits', 'createdAt', 'updatedAt', '__v']);
  const isClean = (answer: unknown): boolean => {
    const text = JSON.stringify(answer);
    const keys = Object.keys(answer as object);
    return !Error.isError(answer) && keys.every((key) => known.has(key)) && !/"[$]|_bsontype/.test(text);
  };
  keep('documents', await attack(people, BY_DOCUMENT, IN_DOCUMENT, isClean));
  expect(Object.keys(Object.prototype)).toEqual([]);
  for (const repository of people) expect(await repository.find({ name: 'Bob' })).toHaveLength(1);
});

/** Methods that take nothing by which a document is chosen. */
const WITHOUT_FILTER = ['estimatedCount', 'explain'];
/** They take a pipeline, which is sent as it is: it is written by code, and nothing from outside may become a part of it. */
const CODE_ONLY = ['aggregate', 'watch'];
/** Private and protected ones: only the compiler keeps them from being called. */
const INSIDE = [
  'changeFirst',
  'deleteFirst',
  'driverOptions',
  'join',
  'narrowPipeline',
  'queryOptions',
  'reaching',
  'read',
  'readAll',
  'readOptions',
  'run',
  'seen',
  'sendDelete',
  'sendUpdate',
  'sorted',
  'throwIfThere',
  'toBoundedQuery',
  'toQuery',
  'toRequest',
  'updateFirst',
  'withVersion',
];

it('A21: every method of a repository is attacked, or listed as one that takes nothing from outside', async () => {
  const attacked = new Set<unknown>();
  const observer = new Proxy({} as PersonRepository, { get: (_, name) => () => void attacked.add(name) });
  const calls: Calls[] = [BY_ID, BY_DELETED_ID, BY_FILTER, BY_UPDATE, BY_DOCUMENT, BY_ARRAY_FILTERS, OTHERS];
  for (const call of calls.flatMap((group) => Object.values(group)))
    await (async () => call(observer, {} as never))().catch(() => undefined);
  const bases = [MongoRepository.prototype, Object.getPrototypeOf(MongoRepository.prototype) as object];
  const methods = bases
    .flatMap((base) => Object.entries(Object.getOwnPropertyDescriptors(base)))
    .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
    .map(([name]) => name);
  const listed = [...WITHOUT_FILTER, ...CODE_ONLY, ...INSIDE];
  expect(methods.filter((name) => !attacked.has(name) && !listed.includes(name))).toEqual([]);
  expect(listed.filter((name) => attacked.has(name) || !methods.includes(name))).toEqual([]);
});
