import { loadConfiguration } from '#config';
import { Logger } from '@nestjs/common';
import { Schema, Mongoose, type mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { DatabaseConnection } from '../connection/database-connection.ts';
import { applyIndexes } from './apply-indexes.ts';
import { isInPlace, planIndexes, type CollectionPlan } from './index-plan.ts';

const mongoose = new Mongoose({ autoIndex: false, autoCreate: false });

/** A model of `things`, or of another collection. */
function modelOf(schema: Schema, collection = 'things') {
  return mongoose.model(`M${Object.keys(mongoose.models).length}`, schema, collection);
}

function summary({ kind, present, missing, changed, extra }: CollectionPlan) {
  return {
    kind,
    present: present.map(({ name }) => name),
    missing: missing.map(({ name }) => name),
    changed: changed.map(({ existing, differences, how }) => [existing.name, differences.join(), how]),
    extra: extra.map(({ name }) => name),
  };
}

describe(planIndexes.name, () => {
  let database: TestDatabase;
  let db: mongo.Db;
  beforeAll(async () => {
    database = await TestDatabase.start();
    ({ db } = database);
  });
  afterEach(() => db.dropDatabase());
  afterAll(() => database.stop());

  const planOf = async (...models: ReturnType<typeof modelOf>[]) =>
    (await planIndexes(db, models)).map(summary);
  const NOTHING = { kind: 'collection', present: [], missing: [], changed: [], extra: [] };

  it('lists everything as missing while the collection does not exist, with its definition, and builds nothing', async () => {
    const schema = new Schema({
      email: { type: String, unique: true },
      seenAt: { type: Date, expires: '1h' },
    });
    schema.index({ a: 1, b: -1 }, { partialFilterExpression: { a: { $gt: 1 } } });
    const [plan] = await planIndexes(db, [modelOf(schema)]);
    expect(plan).toMatchObject({
      collection: 'things',
      kind: 'absent',
      missing: [
        { name: 'email_1', key: { email: 1 }, options: { unique: true } },
        { name: 'seenAt_1', key: { seenAt: 1 }, options: { expireAfterSeconds: 3_600 } },
        { name: 'a_1_b_-1', key: { a: 1, b: -1 }, options: { partialFilterExpression: { a: { $gt: 1 } } } },
      ],
      changed: [],
      extra: [],
      unenforced: [{ name: 'email_1' }],
    });
    expect(await db.listCollections().toArray()).toEqual([]);
  });

  it('finds nothing to do after Mongoose itself has built every kind of index', async () => {
    const part = new Schema({ sku: { type: String, index: true }, at: Date });
    const schema = new Schema(
      {
        email: { type: String, unique: true, sparse: true },
        place: { type: { type: String }, coordinates: [Number] },
        at: { type: Date, expires: 90.9 },
        parts: [part],
        part,
        flat: [Number],
      },
      { collation: { locale: 'en', strength: 2 } },
    );
    schema.index({ place: '2dsphere' });
    schema.index({ flat: '2d' }, { collation: { locale: 'simple' } });
    schema.index({ title: 'text', body: 'text', z: 1 }, { weights: { title: 5 }, default_language: 'none' });
    schema.index({ hash: 'hashed' }, { collation: { locale: 'simple' } });
    schema.index({ a: 1 }, { partialFilterExpression: { b: { $eq: 'x' }, at: { $gt: new Date(0) } } });
    schema.index({ 'free.$**': 1 }, { collation: { locale: 'simple' } });
    schema.index({ '$**': 1 }, { wildcardProjection: { x: 0 }, collation: { locale: 'simple' } });
    schema.index({ hidden: 1 }, { hidden: true, background: true, unique: false });
    schema.index({ c: 'asc', d: 'desc' }, { name: 'own name' });
    const connection = await mongoose.createConnection(database.uri).asPromise();
    const model = connection.model('Every', schema, 'things');
    try {
      await model.createIndexes();
    } finally {
      await connection.close();
    }
    const [plan] = await planOf(modelOf(schema));
    expect(plan).toMatchObject({ ...NOTHING, present: expect.any(Array) });
    expect(plan?.present).toHaveLength(await countOf('things'));
  });

  it('limits the indexes of a discriminator to its documents, and does not repeat those of its base', async () => {
    const own = new Mongoose({ autoIndex: false, autoCreate: false });
    const schema = new Schema({ a: { type: String, unique: true }, b: String }, { discriminatorKey: 'kind' });
    const base = own.model('Base', schema.index({ b: 1 }), 'things');
    const child = new Schema({ x: { type: String, index: true }, y: Number }).index(
      { y: 1 },
      { unique: true },
    );
    const special = base.discriminator('Special', child.index({ b: 1, y: 1 }, { sparse: true }));
    await applyIndexes(db, [special, base]);
    const partialFilterExpression = { kind: 'Special' };
    expect(await listOf('things')).toEqual([
      expect.objectContaining({ name: '_id_' }),
      { v: 2, name: 'a_1', key: { a: 1 }, unique: true },
      { v: 2, name: 'b_1', key: { b: 1 } },
      { v: 2, name: 'b_1_y_1', key: { b: 1, y: 1 }, sparse: true },
      { v: 2, name: 'x_1', key: { x: 1 }, partialFilterExpression },
      { v: 2, name: 'y_1', key: { y: 1 }, unique: true, partialFilterExpression },
    ]);
    expect((await planIndexes(db, [base, special])).every(isInPlace)).toBe(true);
  });

  it.each<[string, object, object, string, string]>([
    ['unique', {}, { unique: true }, 'unique', 'modify'],
    ['no longer unique', { unique: true }, {}, 'unique', 'replace'],
    ['sparse', {}, { sparse: true }, 'sparse', 'replace'],
    [
      'filter',
      { partialFilterExpression: { a: 1 } },
      { partialFilterExpression: { a: 2 } },
      'partialFilterExpression',
      'replace',
    ],
    [
      'collation',
      { collation: { locale: 'en' } },
      { collation: { locale: 'en', strength: 1 } },
      'collation',
      'replace',
    ],
    [
      'collation from a strength',
      { collation: { locale: 'en', strength: 1 } },
      { collation: { locale: 'en' } },
      'collation',
      'replace',
    ],
    ['life time', { expireAfterSeconds: 60 }, { expireAfterSeconds: 61 }, 'expireAfterSeconds', 'modify'],
    ['first life time', {}, { expireAfterSeconds: 0 }, 'expireAfterSeconds', 'modify'],
    ['no life time', { expireAfterSeconds: 60 }, {}, 'expireAfterSeconds', 'rebuild'],
    ['hidden', {}, { hidden: true }, 'hidden', 'modify'],
    ['shown', { hidden: true }, {}, 'hidden', 'modify'],
  ])('sees a change: %s', async (_what, before, after, differences, how) => {
    await db.collection('things').createIndex({ a: 1 }, before);
    const plan = await planOf(modelOf(new Schema({ a: Number }).index({ a: 1 }, after)));
    expect(plan).toEqual([{ ...NOTHING, changed: [['a_1', differences, how]] }]);
  });

  it('takes another text index for a new version, since a collection has only one', async () => {
    await db.collection('things').createIndex({ a: 'text', b: 'text' }, { weights: { a: 3 } });
    const plan = await planOf(modelOf(new Schema({ a: String }).index({ a: 'text' })));
    expect(plan).toEqual([{ ...NOTHING, changed: [['a_text_b_text', 'weights', 'rebuild']] }]);
  });

  it('takes an index of the same name on other fields for an old version', async () => {
    await db.collection('things').createIndex({ b: 1 }, { name: 'main' });
    const plan = await planOf(modelOf(new Schema({ a: Number }).index({ a: 1 }, { name: 'main' })));
    expect(plan).toEqual([{ ...NOTHING, changed: [['main', 'key', 'replace']] }]);
  });

  it('accepts an equal index under another name', async () => {
    await db.collection('things').createIndex({ a: 1 }, { name: 'other' });
    const plan = await planOf(modelOf(new Schema({ a: { type: Number, index: true } })));
    expect(plan).toEqual([{ ...NOTHING, present: ['other'] }]);
  });

  it('lists what no schema declares, with how often it was used', async () => {
    const things = db.collection('things');
    await things.createIndex({ used: 1 });
    await things.createIndex({ idle: 1 });
    for (let i = 0; i < 3; i += 1) await things.find({ used: i }).hint('used_1').toArray();
    const [plan] = await planIndexes(db, [modelOf(new Schema({}))]);
    const usage = new Map(plan?.extra.map((extra) => [extra.name, extra.usage]));
    expect(usage.get('used_1')).toEqual({ operations: 3, since: expect.any(Date) });
    expect(usage.get('idle_1')?.operations).toBe(0);
    expect([...usage.keys()]).not.toContain('_id_');
  });

  it('reads two models of one collection as one', async () => {
    const one = new Schema({ a: { type: Number, index: true } });
    const other = new Schema({ a: { type: Number, index: true }, b: { type: Number, index: true } });
    expect(await planOf(modelOf(one), modelOf(other))).toEqual([
      { ...NOTHING, kind: 'absent', missing: ['a_1', 'b_1'] },
    ]);
  });

  it('refuses declarations that contradict each other', async () => {
    const one = new Schema({ a: Date }).index({ a: 1 }, { expireAfterSeconds: 5 });
    const other = new Schema({ a: Date }).index({ a: 1 }, { expireAfterSeconds: 6 });
    await expect(planIndexes(db, [modelOf(one), modelOf(other)])).rejects.toMatchObject({
      code: 'INDEXES_CONTRADICT',
      collection: 'things',
      indexes: ['a_1', 'a_1'],
    });
  });

  it('heeds the collation that a collection gives its indexes', async () => {
    await db.createCollection('things', { collation: { locale: 'fr' } });
    await db.collection('things').createIndex({ a: 1 });
    await db.collection('things').createIndex({ b: 1 }, { collation: { locale: 'simple' } });
    const schema = new Schema({ a: { type: String, index: true }, b: { type: String, index: true } });
    expect(await planOf(modelOf(schema))).toEqual([
      { ...NOTHING, present: ['a_1'], changed: [['b_1', 'collation', 'replace']] },
    ]);
  });

  it('plans time series, and nothing for a view', async () => {
    await db.createCollection('series', { timeseries: { timeField: 't', metaField: 'm' } });
    await db.createCollection('view', { viewOn: 'series', pipeline: [] });
    const schema = new Schema({ t: Date, m: Schema.Types.Mixed, a: Number }).index({ 'm.x': 1 });
    expect(await planOf(modelOf(schema, 'series'), modelOf(schema, 'view'))).toEqual([
      { ...NOTHING, kind: 'timeseries', missing: ['m.x_1'] },
      { ...NOTHING, kind: 'view' },
    ]);
  });

  it('does not take a relaxed unique index for a missing one', async () => {
    await db.collection('things').createIndex({ a: 1 }, { unique: true, expireAfterSeconds: 9 });
    await db.collection('things').createIndex({ b: 1 }, { unique: true, sparse: true });
    const schema = new Schema({ a: Date, b: Number });
    schema.index({ a: 1 }, { unique: true, partialFilterExpression: { a: { $gt: new Date(0) } } });
    schema.index({ b: 1 }, { unique: true });
    const [plan] = await planIndexes(db, [modelOf(schema)]);
    expect(plan?.changed).toHaveLength(2);
    expect(plan?.unenforced.map(({ name }) => name)).toEqual(['b_1']);
  });

  async function listOf(collection: string) {
    const indexes = await db.collection(collection).listIndexes().toArray();
    return indexes.sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  }

  async function countOf(collection: string): Promise<number> {
    return (await listOf(collection)).length - 1;
  }
});

describe(`${planIndexes.name} on a server of its own`, () => {
  let server: MongodServer;
  const auth = { username: 'root', password: 'not-a-secret-1' };
  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = await MongodServer.start({ auth, replSet: true });
  });
  afterAll(async () => {
    Logger.overrideLogger(true);
    await server.stop();
  });

  async function connectAs(username: string, password: string): Promise<DatabaseConnection> {
    const uri = `mongodb://${username}:${password}@127.0.0.1:${server.port}/shop?authSource=admin`;
    const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: uri }).database);
    connection.start();
    await connection.whenSettled();
    return connection;
  }

  it('does without usage where the user may not see it, and says so when indexes may not be listed', async () => {
    const roles = (role: string) => [{ role, db: 'shop' }];
    await server.command({ createUser: 'clerk', pwd: 'not-a-secret-2', roles: roles('readWrite') });
    await server.command({
      createRole: 'finder',
      privileges: [{ resource: { db: 'shop', collection: '' }, actions: ['find', 'listCollections'] }],
      roles: [],
    });
    await server.command({ createUser: 'blind', pwd: 'not-a-secret-3', roles: ['finder'] });
    const clerk = await connectAs('clerk', 'not-a-secret-2');
    await clerk.db.collection('things').createIndex({ a: 1 });
    const model = modelOf(new Schema({}));
    expect(await planIndexes(clerk.db, [model])).toMatchObject([{ extra: [{ name: 'a_1', usage: null }] }]);
    const blind = await connectAs('blind', 'not-a-secret-3');
    await expect(planIndexes(blind.db, [model])).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    await Promise.all([clerk.close(), blind.close()]);
  });
});
