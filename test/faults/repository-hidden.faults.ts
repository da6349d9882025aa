import { DocumentNotFoundError, withScope } from '#database';
import { mongo, Schema } from 'mongoose';
import { TestConnection } from '../support/test-connection.ts';
import { attack, describeAnswer, isRefusal, keep } from './injection-attack.ts';
import {
  BY_DELETED_ID,
  BY_FILTER,
  BY_ID,
  BY_UPDATE,
  firstId,
  IN_FILTER,
  IN_UPDATE,
  PersonRepository,
  schema,
  type Calls,
  type Place,
} from './injection-calls.ts';

const hiding = schema.clone().add(
  new Schema({
    tenantId: { type: String, required: true, immutable: true, scope: true },
    deletedAt: { type: Date, softDelete: true },
  }),
);
const hooked = hiding.clone().pre('save', () => undefined);

const foreignId = new mongo.ObjectId();
const foreignDeletedId = new mongo.ObjectId();
const deletedId = new mongo.ObjectId();
const at = new Date(0);
/** Only the first two may be seen in the scope of acme. */
const STORED = [
  { _id: firstId, name: 'Ada', age: 36, tenantId: 'acme' },
  { name: 'Bob', isActive: true, tenantId: 'acme', deletedAt: null },
  { _id: deletedId, name: 'Hidden', age: 7, tenantId: 'acme', deletedAt: at },
  { _id: foreignId, name: 'Hidden', age: 7, tenantId: 'other' },
  { _id: foreignDeletedId, name: 'Hidden', age: 7, tenantId: 'other', deletedAt: at },
];
const IN_OWN: Place[] = [
  (tenantId) => ({ tenantId }),
  (deletedAt) => ({ deletedAt }),
  (tenantId) => ({ name: 'Hidden', $or: [{ tenantId }, { tenantId: 'other' }] }),
];
/** Nothing in them is refused for its form, and all that matches is hidden. */
const ASKING_FOR_HIDDEN: object[] = [
  { name: 'Hidden' },
  { age: 7 },
  { tenantId: 'other' },
  { _id: foreignId },
  { _id: deletedId },
  { deletedAt: at },
  { name: 'Hidden', tenantId: 'acme', deletedAt: at },
  { $or: [{ tenantId: 'other' }, { deletedAt: at }] },
  { $and: [{ $or: [{ name: 'Hidden' }, { tenantId: 'other' }] }] },
];
const GIVING_AWAY: object[] = [
  { $setOnInsert: { tenantId: 'other' } },
  { tenantId: 'other' },
  { $set: { tenantId: 'other' } },
  { $unset: { tenantId: true } },
  { $rename: { tenantId: 'name' } },
  { $rename: { name: 'tenantId' } },
  { $min: { tenantId: 'a' } },
];
const BY_UPDATE_OF_NEW: Calls = {
  ...BY_UPDATE,
  'upsert of nobody': (repository, update) => repository.upsert({ name: 'Nobody' }, update),
};

let context: TestConnection;
let people: PersonRepository[];
beforeAll(async () => {
  context = await TestConnection.start();
  const { connection } = context;
  people = [
    new PersonRepository(connection.mongoose.model('Hiding', hiding, 'hiding'), connection),
    new PersonRepository(connection.mongoose.model('HidingHooked', hooked, 'hiding_hooked'), connection),
  ];
});
beforeEach(fill);
afterAll(() => context.stop());

async function fill(): Promise<void> {
  await context.clear();
  for (const name of ['hiding', 'hiding_hooked'])
    await context.database.db.collection(name).insertMany(STORED.map((document) => ({ ...document })));
}

async function stored(filter: mongo.Filter<mongo.Document> = {}): Promise<string> {
  const found: mongo.Document[] = [];
  for (const name of ['hiding', 'hiding_hooked'])
    found.push(...(await context.database.db.collection(name).find(filter).sort({ _id: 1 }).toArray()));
  return mongo.BSON.EJSON.stringify(found);
}

const asAcme = async <R>(fn: () => Promise<R>): Promise<R> => withScope({ tenantId: 'acme' }, fn);
const HIDDEN = { $or: [{ tenantId: { $ne: 'acme' } }, { _id: deletedId }] };

/** What is answered where nothing matches; an upsert then inserts a document of its own. */
function isNothing(answer: unknown): boolean {
  if (isRefusal(answer) || answer instanceof DocumentNotFoundError) return true;
  if (Error.isError(answer)) return false;
  if (typeof answer !== 'object' || answer === null)
    return answer === null || answer === false || answer === 0;
  if ('matched' in answer && 'deleted' in answer) return answer.matched === 0 && answer.deleted === 0;
  if ('isInserted' in answer) return answer.isInserted === true;
  return ['[]', '{"done":true}', '{"items":[],"next":null,"previous":null}'].includes(JSON.stringify(answer));
}

/**
 * Makes each call with each of the values, on documents that are filled in anew.
 *
 * @returns What was answered in place of nothing, and which calls have changed what is hidden
 */
async function ask(calls: Calls, values: readonly unknown[]): Promise<string[]> {
  const hidden = await stored(HIDDEN);
  const answers: string[] = [];
  for (const [name, call] of Object.entries(calls)) {
    for (const value of values) {
      const what = `${name} ${JSON.stringify(value)}`;
      for (const repository of people) {
        const asked = asAcme(async () => call(repository, value as never));
        const answer = await asked.catch((error: unknown) => error);
        if (!isNothing(answer)) answers.push(`${what} ${describeAnswer(answer)}`);
      }
      if ((await stored(HIDDEN)) !== hidden) answers.push(`${what} has changed what is hidden`);
      await fill();
    }
  }
  return answers;
}

it.each<[string, Calls, Place[]]>([
  ['filters', BY_FILTER, [...IN_FILTER, ...IN_OWN]],
  ['updates', BY_UPDATE, [...IN_UPDATE, ...IN_OWN]],
])(
  'A21: no operator from outside gets through %s to what is foreign or deleted',
  async (what, calls, places) => {
    const before = await stored();
    keep(`${what} in a scope`, await asAcme(async () => attack(people, calls, places)));
    expect(await stored()).toBe(before);
  },
);

it.each<[string, Calls, readonly unknown[]]>([
  ['filters', BY_FILTER, ASKING_FOR_HIDDEN],
  ['ids', BY_ID, [foreignId, foreignDeletedId, deletedId]],
  ['ids of what was deleted softly', BY_DELETED_ID, [foreignId, foreignDeletedId]],
])(
  'A21: what is foreign or deleted neither comes back nor changes by %s that name it',
  async (what, calls, values) => {
    keep(`${what} of what is hidden`, await ask(calls, values));
  },
);

it('A21: no update gives a document to another owner', async () => {
  const before = await stored();
  for (const update of GIVING_AWAY) {
    for (const [name, call] of Object.entries(BY_UPDATE_OF_NEW)) {
      for (const repository of people) {
        const asked = asAcme(async () => call(repository, update as never));
        const answer = await asked.catch((error: unknown) => error);
        expect([name, update, isRefusal(answer)]).toEqual([name, update, true]);
      }
    }
  }
  expect(await stored()).toBe(before);
});
