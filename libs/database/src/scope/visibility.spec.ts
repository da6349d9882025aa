import { Schema } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { MongoRepository } from '../repository/mongo.repository.ts';
import { acrossScopes, withScope } from './scope.ts';

interface Invoice {
  tenantId: string;
  number: number;
  note?: string;
  deletedAt?: Date | null;
}

class InvoiceRepository extends MongoRepository<Invoice> {
  async total(): Promise<number> {
    const [sum] = await this.aggregate<{ total: number }>([
      { $group: { _id: null, total: { $sum: '$number' } } },
    ]);
    return sum?.total ?? 0;
  }

  async near(): Promise<unknown[]> {
    return this.aggregate([{ $geoNear: {} }]);
  }
}

const number = { type: Number, required: true };
const owned = new Schema<Invoice>({
  tenantId: { type: String, required: true, immutable: true, scope: true },
  number,
  note: String,
});
const soft = new Schema<Invoice>(
  { number, note: String, deletedAt: { type: Date, softDelete: true } },
  { timestamps: true },
);

const variants = [
  { way: 'compiled', of: (schema: Schema<Invoice>) => schema.clone() },
  {
    way: 'mongoose',
    of: (schema: Schema<Invoice>) => schema.clone().pre('save', () => undefined),
  },
];

let context: TestConnection;
beforeAll(async () => {
  context = await TestConnection.start();
});
afterEach(() => context.clear());
afterAll(() => context.stop());

function repositoryOf(name: string, schema: Schema<Invoice>): InvoiceRepository {
  const { mongoose } = context.connection;
  return new InvoiceRepository(
    mongoose.models[name] ?? mongoose.model<Invoice>(name, schema),
    context.connection,
  );
}

async function collect<R>(items: AsyncIterable<R>): Promise<R[]> {
  const all: R[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe.each(variants)('a scope, with $way writes', ({ way, of }) => {
  let invoices: InvoiceRepository;
  beforeEach(() => {
    invoices = repositoryOf(`Owned ${way}`, of(owned));
  });
  const asAcme = async <R>(fn: () => Promise<R>): Promise<R> => withScope({ tenantId: 'acme' }, fn);
  const asOther = async <R>(fn: () => Promise<R>): Promise<R> => withScope({ tenantId: 'other' }, fn);

  it('cannot be forgotten by any call', async () => {
    const { _id } = await asAcme(() => invoices.insert({ number: 1 }));
    const calls: (() => unknown)[] = [
      () => invoices.insert({ number: 2 }),
      () => invoices.findById(_id),
      () => invoices.getById(_id),
      () => invoices.findOne({}),
      () => invoices.find({}),
      () => invoices.findPage({}),
      () => invoices.stream({}).next(),
      () => invoices.count({}),
      () => invoices.estimatedCount(),
      () => invoices.exists({}),
      () => invoices.distinct('number', {}),
      () => invoices.updateById(_id, { number: 2 }),
      () => invoices.updateOne({ number: 1 }, { number: 2 }),
      () => invoices.updateMany({}, { number: 2 }, { all: true }),
      () => invoices.findByIdAndUpdate(_id, { number: 2 }),
      () => invoices.upsert({ number: 1 }, { note: 'x' }),
      () => invoices.replaceById(_id, { number: 2 }),
      () => invoices.deleteById(_id),
      () => invoices.deleteOne({ number: 1 }),
      () => invoices.deleteMany({}, { all: true }),
      () => invoices.total(),
      () => invoices.watch().next(),
    ];
    for (const call of calls) {
      const answer = (async () => call())();
      await expect(answer).rejects.toMatchObject({ code: 'SCOPE_MISSING', path: 'tenantId' });
    }
    expect(await acrossScopes(() => invoices.find({}))).toMatchObject([{ number: 1, tenantId: 'acme' }]);
  });

  it('hides the documents of others from every call', async () => {
    const { _id } = await asAcme(() => invoices.insert({ number: 1 }));
    await asOther(async () => {
      const { _id: own } = await invoices.insert({ number: 7 });
      expect(await invoices.findById(_id)).toBeNull();
      expect(await invoices.findById(own)).toMatchObject({ tenantId: 'other' });
      const forged = [{ tenantId: 'acme' }, { $or: [{ tenantId: 'acme' }, { number: 1 }] }];
      for (const filter of forged) expect(await invoices.find(filter)).toEqual([]);
      expect(await invoices.find({})).toMatchObject([{ number: 7 }]);
      expect((await invoices.findPage({})).items).toMatchObject([{ number: 7 }]);
      expect(await collect(invoices.stream({}))).toHaveLength(1);
      expect([await invoices.count({}), await invoices.estimatedCount()]).toEqual([1, 1]);
      expect(await invoices.distinct('number', {})).toEqual([7]);
      expect(await invoices.total()).toBe(7);
      expect(await invoices.updateById(_id, { number: 9 })).toBe(false);
      expect(await invoices.findByIdAndUpdate(_id, { number: 9 })).toBeNull();
      expect(await invoices.replaceById(_id, { number: 9 })).toBeNull();
      expect(await invoices.updateMany({}, { note: 'x' }, { all: true })).toBe(1);
      expect(await invoices.deleteById(_id)).toBe(false);
      expect(await invoices.deleteMany({}, { all: true })).toBe(1);
    });
    expect(await asAcme(() => invoices.getById(_id))).toMatchObject({ number: 1, tenantId: 'acme' });
  });

  it('gives an upsert its owner, and lets nobody change it', async () => {
    await asAcme(async () => {
      const { document, isInserted } = await invoices.upsert({ number: 3 }, { note: 'new' });
      expect([isInserted, document.tenantId]).toEqual([true, 'acme']);
      await expect(invoices.insert({ number: 1, tenantId: 'other' })).rejects.toMatchObject({
        code: 'DOCUMENT_INVALID',
        problems: [{ path: 'tenantId' }],
      });
      await invoices.updateById(document._id, { tenantId: 'other' }).catch(() => undefined);
      expect(await invoices.count({ tenantId: 'acme' })).toBe(1);
    });
    await expect(acrossScopes(() => invoices.insert({ number: 1 }))).rejects.toMatchObject({
      problems: [{ path: 'tenantId' }],
    });
  });

  it('is named by no update, which an upsert could insert', async () => {
    const evil = { $setOnInsert: { tenantId: 'evil' }, note: 'x' };
    const refused = { code: 'FILTER_INVALID', problems: [{ path: 'tenantId' }] };
    const bulk = { update: { filter: { number: 1 }, update: evil, upsert: true } };
    await asAcme(async () => {
      await expect(invoices.upsert({ number: 1 }, evil)).rejects.toMatchObject(refused);
      await expect(invoices.bulk([bulk])).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    });
    expect(await acrossScopes(() => invoices.count({}))).toBe(0);
    await acrossScopes(() => invoices.upsert({ number: 1 }, evil));
    expect(await acrossScopes(() => invoices.find({}))).toMatchObject([{ number: 1, tenantId: 'evil' }]);
  });

  it('may be said again in the filter of an upsert, and not otherwise', async () => {
    await asAcme(async () => {
      const { document } = await invoices.upsert({ number: 1, tenantId: 'acme' }, { note: 'x' });
      expect(document).toMatchObject({ tenantId: 'acme', number: 1 });
      const twice = { $and: [{ number: 2 }, { number: 2, tenantId: 'acme' }] };
      expect((await invoices.upsert(twice, { note: 'x' })).isInserted).toBe(true);
      await invoices.bulk([
        { update: { filter: { number: 3, tenantId: 'acme' }, update: { note: 'x' }, upsert: true } },
      ]);
      expect(await invoices.count({})).toBe(3);
      await expect(invoices.upsert({ number: 4, tenantId: 'other' }, { note: 'x' })).rejects.toMatchObject({
        code: 'FILTER_INVALID',
        problems: [{ path: 'tenantId' }],
      });
    });
  });

  it('is refused where it could not hold', async () => {
    await expect(asAcme(() => invoices.near())).rejects.toThrow('$geoNear has to be the first stage');
    const watching = asAcme(async () => invoices.watch());
    await expect(watching).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    const loose = new Schema<Invoice>({ tenantId: { type: String, scope: true }, number });
    expect(() => repositoryOf(`Loose ${way}`, of(loose))).toThrow('tenantId has the option scope');
    const below = new Schema({ parts: [new Schema({ tenantId: { type: String, scope: true } })], number });
    expect(() => repositoryOf(`Below ${way}`, of(below as never))).toThrow(
      'parts has the option scope in a part of it',
    );
  });

  it('belongs to a stream from its beginning', async () => {
    await asAcme(() => invoices.insert({ number: 1 }));
    await asOther(() => invoices.insert({ number: 2 }));
    const stream = await asAcme(async () => invoices.stream({}));
    expect(await asOther(async () => collect(stream))).toMatchObject([{ number: 1 }]);
  });
});

describe.each(variants)('soft deletion, with $way writes', ({ way, of }) => {
  let invoices: InvoiceRepository;
  beforeEach(() => {
    invoices = repositoryOf(`Soft ${way}`, of(soft));
  });

  it('hides the document and keeps it', async () => {
    const { _id } = await invoices.insert({ number: 1 });
    expect(await invoices.deleteById(_id, { expectedVersion: 0 })).toBe(true);
    expect(await invoices.deleteById(_id)).toBe(false);
    expect([await invoices.findById(_id), await invoices.count({})]).toEqual([null, 0]);
    expect(await invoices.updateById(_id, { number: 2 })).toBe(false);
    const deleted = await invoices.getById(_id, { withDeleted: true });
    expect(deleted).toMatchObject({ number: 1, deletedAt: expect.any(Date), __v: 1 });
    expect(await invoices.find({}, { withDeleted: true })).toEqual([deleted]);
  });

  it('is taken back', async () => {
    const { _id } = await invoices.insert({ number: 1 });
    expect(await invoices.restoreById(_id)).toBe(false);
    await invoices.deleteMany({ number: 1 });
    expect(await invoices.restoreById(_id)).toBe(true);
    expect(await invoices.getById(_id)).not.toHaveProperty('deletedAt');
  });

  it('removes for good when told so', async () => {
    const { _id } = await invoices.insert({ number: 1 });
    await invoices.deleteById(_id);
    expect(await invoices.deleteById(_id, { permanently: true })).toBe(true);
    expect(await invoices.count({}, { withDeleted: true })).toBe(0);
  });

  it('leaves an upsert free to make another document', async () => {
    await invoices.insert({ number: 1 });
    await invoices.deleteOne({ number: 1 });
    expect((await invoices.upsert({ number: 1 }, { note: 'again' })).isInserted).toBe(true);
    expect(await invoices.find({})).toMatchObject([{ number: 1, note: 'again' }]);
  });

  it('may be asked for in the filter of an upsert', async () => {
    const filter = { number: 1, deletedAt: null };
    expect((await invoices.upsert(filter, { note: 'x' })).isInserted).toBe(true);
    expect((await invoices.upsert(filter, { note: 'y' })).isInserted).toBe(false);
  });

  it('is neither done nor undone by a replacement', async () => {
    const { _id } = await invoices.insert({ number: 1 });
    await invoices.replaceById(_id, { number: 2, deletedAt: new Date() });
    expect(await invoices.getById(_id)).not.toHaveProperty('deletedAt');
    await invoices.deleteById(_id);
    await invoices.bulk([{ replace: { id: _id, document: { number: 3 }, withDeleted: true } }]);
    expect(await invoices.findById(_id)).toBeNull();
    expect(await invoices.getById(_id, { withDeleted: true })).toMatchObject({ deletedAt: expect.any(Date) });
  });

  it.each<[string, object]>([
    ['is below the top', { meta: { deletedAt: { type: Date, softDelete: true } } }],
    ['is in a part', { meta: new Schema({ deletedAt: { type: Date, softDelete: true } }) }],
    ['is in the elements of a list', { parts: [{ deletedAt: { type: Date, softDelete: true } }] }],
    ['is in a map', { parts: { type: Map, of: new Schema({ at: { type: Date, softDelete: true } }) } }],
    ['is no date', { deletedAt: { type: Boolean, softDelete: true } }],
    ['is left out of what is read', { deletedAt: { type: Date, softDelete: true, select: false } }],
  ])('is refused where its field %s', (name, fields) => {
    const schema = new Schema({ number, ...fields });
    expect(() => repositoryOf(`Wrong ${way} ${name}`, of(schema as never))).toThrow('the option softDelete');
  });

  it('goes with a unique index of the documents that are left', async () => {
    const name = context.connection.mongoose.model(`Soft ${way}`).collection.collectionName;
    const options = { unique: true, partialFilterExpression: { deletedAt: null } };
    await context.database.db.collection(name).createIndex({ number: 1 }, options);
    await invoices.insert({ number: 1 });
    await expect(invoices.insert({ number: 1 })).rejects.toMatchObject({ code: 'DUPLICATE_KEY' });
    await invoices.deleteOne({ number: 1 });
    await invoices.insert({ number: 1 });
    expect(await invoices.count({}, { withDeleted: true })).toBe(2);
  });
});
