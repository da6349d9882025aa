import { MongoRepository, type BulkOperation, type BulkOptions, type OperationOptions } from '#database';
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
/** Of {@link ELEMENTS}: each takes the filter that stands in the place of its elements. */
export const IN_ARRAY_FILTERS: Place[] = [
  (tag) => [{ tag }, { 'part.city': 'Ulm' }],
  (element) => [{ tag: 'a' }, { part: element }],
  (city) => [{ tag: 'a' }, { 'part.city': city }],
  (floor) => [{ tag: 'a' }, { 'part.city': 'Ulm', 'part.floor': floor }],
  (tag) => [{ $or: [{ tag: 'a' }, { tag }] }, { 'part.city': 'Ulm' }],
  (city) => [{ tag: 'a' }, { $and: [{ 'part.city': 'Ulm' }, { $nor: [{ 'part.city': city }] }] }],
  (value) => [{ tag: 'a' }, { 'part.city': 'Ulm', $or: value }],
  (value) => [{ tag: 'a' }, { 'part.city': 'Ulm', $where: value }],
  (value) => [{ tag: 'a' }, { 'part.city': 'Ulm', $expr: value }],
  (name) => [{ tag: 'a' }, { 'part.city': 'Ulm', [JSON.stringify(name)]: 'a' }],
  (value) => [{ tag: 'a' }, { 'part.city': 'Ulm' }, value],
  (value) => value,
];
const ADA = { name: 'Ada' };
/** What array filters are needed for. */
const ELEMENTS = { 'tags.$[tag]': 'b', 'parts.$[part].city': 'Bonn' };
/** Each takes array filters, and changes the document that is to be there. */
export const BY_ARRAY_FILTERS = {
  'arrayFilters of updateById': (people, arrayFilters) =>
    people.updateById(firstId, ELEMENTS, { arrayFilters }),
  'arrayFilters of updateOne': (people, arrayFilters) => people.updateOne(ADA, ELEMENTS, { arrayFilters }),
  'arrayFilters of updateMany': (people, arrayFilters) => people.updateMany(ADA, ELEMENTS, { arrayFilters }),
  'arrayFilters of findByIdAndUpdate': (people, arrayFilters) =>
    people.findByIdAndUpdate(firstId, ELEMENTS, { arrayFilters }),
  'arrayFilters of upsert': (people, arrayFilters) => people.upsert(ADA, ELEMENTS, { arrayFilters }),
  'arrayFilters of update in bulk': inBulk((arrayFilters) => ({
    update: { filter: ADA, update: ELEMENTS, arrayFilters },
  })),
  'arrayFilters of updates in bulk': inBulk((arrayFilters) => ({
    update: { filter: ADA, update: ELEMENTS, arrayFilters, many: true },
  })),
  'arrayFilters of upsert in bulk': inBulk((arrayFilters) => ({
    update: { filter: ADA, update: ELEMENTS, arrayFilters, upsert: true },
  })),
} satisfies Calls;
/** Each takes an option. */
export const OTHERS = {
  'sort of findOne': (people, sort) => people.findOne({}, { sort }),
  'sort of find': (people, sort) => people.find({}, { sort }),
  'sort of findPage': (people, sort) => people.findPage({}, { sort }),
  'sort of stream': async (people, sort) => people.stream({}, { sort }).next(),
  'sort field of findPage': (people, name) => people.findPage({}, { sort: { [JSON.stringify(name)]: 1 } }),
  'cursor of findPage': (people, cursor) => people.findPage({}, { cursor: JSON.stringify(cursor) }),
  'field of distinct': (people, field) => people.distinct(field, {}),
  'expectedVersion of updateById': (people, expectedVersion) =>
    people.updateById(firstId, CHANGE, { expectedVersion }),
  'expectedVersion of updateOne': (people, expectedVersion) =>
    people.updateOne(ADA, CHANGE, { expectedVersion }),
  'expectedVersion of findByIdAndUpdate': (people, expectedVersion) =>
    people.findByIdAndUpdate(firstId, CHANGE, { expectedVersion }),
  'expectedVersion of replaceById': (people, expectedVersion) =>
    people.replaceById(firstId, { name: 'Eve' }, { expectedVersion }),
  'expectedVersion of deleteById': (people, expectedVersion) =>
    people.deleteById(firstId, { expectedVersion }),
  'expectedVersion of deleteOne': (people, expectedVersion) => people.deleteOne(ADA, { expectedVersion }),
  'expectedVersion of update in bulk': inBulk((expectedVersion) => ({
    update: { filter: ADA, update: CHANGE, expectedVersion },
  })),
  'expectedVersion of replace in bulk': inBulk((expectedVersion) => ({
    replace: { id: firstId, document: { name: 'Eve' }, expectedVersion },
  })),
  'expectedVersion of delete in bulk': inBulk((expectedVersion) => ({
    delete: { filter: ADA, expectedVersion },
  })),
} satisfies Calls;
/** As {@link OTHERS}, of a document that was deleted softly. */
export const OF_DELETED = {
  'expectedVersion of restoreById': (people, expectedVersion) =>
    people.restoreById(firstId, { expectedVersion }),
} satisfies Calls;

// What follows is for the compiler: it asks for an attack of every option of every method.

/** By these no document is chosen: they are of the driver, numbers and statements, or compared with a signature. */
type Inert =
  | keyof BulkOptions
  | 'all'
  | 'boundTo'
  | 'count'
  | 'limit'
  | 'many'
  | 'permanently'
  | 'upsert'
  | 'withDeleted'
  | 'withHidden';
/** Attacked above in the groups of their names, of methods and of `bulk`. */
type Grouped = 'document' | 'filter' | 'id' | 'update';
/** Its pipeline is sent as it is: nothing from outside may become a part of it. */
type CodeOnly = 'watch';
type WithoutOptions = 'explain' | 'stored';
type Method = Exclude<keyof PersonRepository, CodeOnly | WithoutOptions>;
/** Also those that one type of a union alone has. */
type AllKeys<T> = T extends T ? keyof T : never;
type OptionsOf<M extends Method> =
  Required<Parameters<PersonRepository[M]>> extends [...unknown[], infer Last] ? Last : never;
type OptionOfMethod = {
  [M in Method]: OptionsOf<M> extends OperationOptions
    ? `${Exclude<keyof OptionsOf<M>, Inert> & string} of ${M}`
    : never;
}[Method];
type BulkParts = BulkOperation<Person> extends infer O ? (O extends O ? Omit<O, 'insert'> : never) : never;
type OptionInBulk = {
  [
    O in AllKeys<BulkParts>
  ]: `${Exclude<AllKeys<Extract<BulkParts, Record<O, unknown>>[O]>, Grouped | Inert> & string} of ${O} in bulk`;
}[AllKeys<BulkParts>];
type Attacked = keyof typeof BY_ARRAY_FILTERS | keyof typeof OF_DELETED | keyof typeof OTHERS;
type NotAttacked = Exclude<OptionInBulk | OptionOfMethod, Attacked>;
/** An error here, which `npm run check` shows, names options that are not attacked. */
export const isEveryOptionAttacked: [NotAttacked] extends [never] ? true : NotAttacked = true;
