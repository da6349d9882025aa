import { MongoRepository } from '#database';
import { mongo, Schema } from 'mongoose';

/** A document with every kind of field that a filter may ask for. */
export interface Person {
  name: string;
  age: number;
  isActive: boolean;
  since: Date;
  tags: string[];
  home: { city?: string; floor?: number };
  parts: { city?: string }[];
  limits: Map<string, number>;
}

const part = new Schema({ city: String, floor: Number }, { _id: false });
export const schema = new Schema<Person>(
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

/** The repository that is attacked. */
export class PersonRepository extends MongoRepository<Person> {
  /** Past every cast and every filter of the repository. */
  async stored(id: unknown): Promise<unknown> {
    return this.collection.findOne({ _id: { $eq: id as never } });
  }
}

/** Puts what came from outside into a filter, an update or a document. */
export type Place = (value: unknown) => unknown;
/** A call of the repository with a filter, an update, an id or a document of which something came from outside. */
export type Call = (people: PersonRepository, value: never) => Promise<unknown>;
export type Calls = Record<string, Call>;

/** Where a filter may hold what came from outside. */
export const IN_FILTER: Place[] = [
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
/** Where an update may. */
export const IN_UPDATE: Place[] = [
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
/** Where a document may. */
export const IN_DOCUMENT: ((value: unknown) => object)[] = [
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

/** A call of `bulk` with the one operation that this makes. */
function inBulk(toOperation: (value: unknown) => object): Call {
  return async (people, value) => people.bulk([toOperation(value)] as never);
}

const CHANGE = { age: 99 };
/** Each takes the id of a document. */
export const BY_ID: Calls = {
  findById: (people, id) => people.findById(id),
  getById: (people, id) => people.getById(id),
  updateById: (people, id) => people.updateById(id, CHANGE),
  findByIdAndUpdate: (people, id) => people.findByIdAndUpdate(id, CHANGE),
  replaceById: (people, id) => people.replaceById(id, { name: 'Eve' }),
  deleteById: (people, id) => people.deleteById(id),
  'replace of bulk': inBulk((id) => ({ replace: { id, document: { name: 'Eve' } } })),
};
/** Each takes the id of a document that was deleted softly. */
export const BY_DELETED_ID: Calls = {
  restoreById: (people, id) => people.restoreById(id),
  'deleteById for good': (people, id) => people.deleteById(id, { permanently: true }),
};
/** Each takes a filter. */
export const BY_FILTER: Calls = {
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
  'update of bulk': inBulk((filter) => ({ update: { filter, update: CHANGE } })),
  'updates of bulk': inBulk((filter) => ({ update: { filter, update: CHANGE, many: true } })),
  'upsert of bulk': inBulk((filter) => ({ update: { filter, update: CHANGE, upsert: true } })),
  'delete of bulk': inBulk((filter) => ({ delete: { filter } })),
  'deletes of bulk': inBulk((filter) => ({ delete: { filter, many: true } })),
};
/** Of the document that is to be there. */
export const firstId = new mongo.ObjectId();
/** Each takes an update. */
export const BY_UPDATE: Calls = {
  updateById: (people, update) => people.updateById(firstId, update),
  updateOne: (people, update) => people.updateOne({ name: 'Ada' }, update),
  updateMany: (people, update) => people.updateMany({ name: 'Ada' }, update),
  findByIdAndUpdate: (people, update) => people.findByIdAndUpdate(firstId, update),
  upsert: (people, update) => people.upsert({ name: 'Ada' }, update),
  'update of bulk': inBulk((update) => ({ update: { filter: { name: 'Ada' }, update } })),
};
/** Each takes a document, and answers with it as it is stored. */
export const BY_DOCUMENT: Calls = {
  insert: (people, document) => people.insert(document),
  replaceById: (people, document) => people.replaceById(firstId, document),
  insertMany: async (people, document) =>
    people.stored((await people.insertMany([document])).insertedIds.get(0)),
  'insert of bulk': async (people, document) =>
    people.stored((await people.bulk([{ insert: document }])).insertedIds.get(0)),
  'replace of bulk': async (people, document) => {
    await people.bulk([{ replace: { id: firstId, document } }]);
    return people.stored(firstId);
  },
};
/** Each takes an option. */
export const OTHERS: Calls = {
  'sort of find': (people, sort) => people.find({}, { sort }),
  'sort of findPage': (people, sort) => people.findPage({}, { sort }),
  'sort field of findPage': (people, name) => people.findPage({}, { sort: { [JSON.stringify(name)]: 1 } }),
  'cursor of findPage': (people, cursor) => people.findPage({}, { cursor: JSON.stringify(cursor) }),
  'field of distinct': (people, field) => people.distinct(field, {}),
  expectedVersion: (people, expectedVersion) => people.updateById(firstId, CHANGE, { expectedVersion }),
};
