import { Mongoose, mongo, Schema } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { applyIndexes, type IndexStep } from './apply-indexes.ts';
import { isInPlace, planIndexes } from './index-plan.ts';

/** A model of `things` with these indexes. */
function modelOf(schema: Schema, collection = 'things') {
  return new Mongoose({ autoIndex: false, autoCreate: false }).model('Thing', schema, collection);
}

function indexed(...indexes: [key: Record<string, 1 | -1 | 'text'>, options?: object][]) {
  const schema = new Schema({}, { strict: false });
  for (const [key, options] of indexes) schema.index(key, options);
  return modelOf(schema);
}

/** Without what only logs need. */
function brief({ collection, index, action, outcome }: IndexStep): string {
  return `${action} ${collection}.${index}: ${outcome}`;
}

describe(applyIndexes.name, () => {
  let database: TestDatabase;
  let db: mongo.Db;
  let things: mongo.Collection;
  beforeAll(async () => {
    database = await TestDatabase.start();
    ({ db } = database);
    things = db.collection('things');
  });
  afterEach(() => db.dropDatabase());
  afterAll(() => database.stop());

  const apply = async (model: ReturnType<typeof modelOf>, ...drop: string[]) => {
    const report = await applyIndexes(db, [model], { drop });
    return { ...report, brief: report.steps.map(brief) };
  };
  const indexNames = async () =>
    (await things.listIndexes().toArray()).map(({ name }) => String(name)).sort();
  const isSettled = async (model: ReturnType<typeof modelOf>) =>
    (await planIndexes(db, [model])).every(isInPlace);

  it('builds what is missing, and does nothing the second time', async () => {
    const model = indexed([{ a: 1 }, { unique: true }], [{ b: 1 }]);
    const first = await apply(model);
    expect(first.brief).toEqual(['build things.a_1: done', 'build things.b_1: done']);
    expect(first.isComplete).toBe(true);
    expect(await apply(model)).toEqual({ steps: [], isComplete: true, brief: [] });
    expect(await indexNames()).toEqual(['_id_', 'a_1', 'b_1']);
  });

  it('makes the collection with the options of the schema first', async () => {
    const schema = new Schema({ a: { type: Number, index: true } }, { capped: { size: 4_096, max: 7 } });
    await apply(modelOf(schema));
    const [info] = await db.listCollections({ name: 'things' }).toArray();
    expect(info).toMatchObject({ options: { capped: true, size: 4_096, max: 7 } });
    expect(await indexNames()).toEqual(['_id_', 'a_1']);
  });

  it('names the index and its fields when duplicates prevent it, without a value, and builds the others', async () => {
    await things.insertMany([
      { email: 'secret@example.org', b: 1 },
      { email: 'secret@example.org', b: 2 },
    ]);
    const model = indexed([{ email: 1, kind: 1 }, { unique: true }], [{ b: 1 }, { unique: true }]);
    const report = await apply(model);
    expect(report.brief).toEqual(['build things.email_1_kind_1: failed', 'build things.b_1: done']);
    expect(report.isComplete).toBe(false);
    const [{ cause, ...failed } = { cause: undefined }] = report.steps;
    expect(failed).toMatchObject({ duplicateFields: ['email', 'kind'] });
    expect(JSON.stringify(failed)).not.toContain('secret');
    expect(cause).toMatchObject({ code: 'DUPLICATE_KEY' });
  });

  it('says what is wrong with a definition', async () => {
    const report = await apply(
      indexed([{ a: 1 }, { partialFilterExpression: { a: { $ne: 1 } } }], [{ b: 1 }]),
    );
    expect(report.steps).toMatchObject([
      { index: 'a_1', outcome: 'failed', reason: expect.stringContaining('not supported in partial index') },
      { index: 'b_1', outcome: 'done' },
    ]);
  });

  it('quotes no document when one cannot be indexed', async () => {
    await things.insertOne({ place: { type: 'Point', coordinates: [999, 999] }, name: 'secret' });
    const schema = new Schema({ place: Schema.Types.Mixed }).index({ place: '2dsphere' });
    const { steps } = await apply(modelOf(schema));
    expect(steps).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('The server refused it') },
    ]);
    expect(steps[0]?.reason).not.toMatch(/999|secret/);
  });

  it('drops only what is named, after the builds, and not what a schema declares', async () => {
    for (const field of ['a', 'x', 'y']) await things.createIndex({ [field]: 1 });
    const model = indexed([{ a: 1 }], [{ b: 1 }]);
    const report = await apply(model, 'things.x_1', 'things.a_1', 'things.gone_1');
    expect(report.brief).toEqual([
      'drop things.a_1: skipped',
      'drop things.gone_1: unneeded',
      'build things.b_1: done',
      'drop things.x_1: done',
    ]);
    expect(await indexNames()).toEqual(['_id_', 'a_1', 'b_1', 'y_1']);
    expect((await apply(model, 'things.x_1')).isComplete).toBe(true);
  });

  it('keeps everything while a build of the collection fails', async () => {
    await things.insertMany([{ a: 1 }, { a: 1 }]);
    await things.createIndex({ x: 1 });
    const report = await apply(indexed([{ a: 1 }, { unique: true }]), 'things.x_1');
    expect(report.brief).toEqual(['build things.a_1: failed', 'drop things.x_1: skipped']);
    expect(await indexNames()).toContain('x_1');
  });

  it('changes life time and visibility in place', async () => {
    await things.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    await things.createIndex({ b: 1 });
    const model = indexed([{ at: 1 }, { expireAfterSeconds: 3_600 }], [{ b: 1 }, { hidden: true }]);
    expect((await apply(model)).brief).toEqual(['modify things.at_1: done', 'modify things.b_1: done']);
    expect(await things.listIndexes().toArray()).toMatchObject([
      {},
      { name: 'at_1', expireAfterSeconds: 3_600 },
      { name: 'b_1', hidden: true },
    ]);
    expect(await isSettled(model)).toBe(true);
  });

  it('makes an index unique in place', async () => {
    await things.createIndex({ a: 1 });
    const model = indexed([{ a: 1 }, { unique: true, expireAfterSeconds: 9 }]);
    expect((await apply(model)).brief).toEqual(['modify things.a_1: done']);
    expect(await isSettled(model)).toBe(true);
    await things.insertOne({ a: 1 });
    await expect(things.insertOne({ a: 1 })).rejects.toMatchObject({ code: 11_000 });
  });

  it('leaves an index as it was when duplicates keep it from becoming unique', async () => {
    await things.createIndex({ a: 1 });
    await things.insertMany([{ a: 1 }, { a: 1 }]);
    const report = await apply(indexed([{ a: 1 }, { unique: true }]));
    expect(report.steps).toMatchObject([
      { index: 'a_1', action: 'modify', outcome: 'failed', duplicateFields: ['a'] },
    ]);
    await things.insertOne({ a: 1 });
  });

  it('ends a conversion that was cut off', async () => {
    await things.createIndex({ a: 1 });
    await db.command({ collMod: 'things', index: { name: 'a_1', prepareUnique: true } });
    const model = indexed([{ a: 1 }]);
    expect((await apply(model)).brief).toEqual(['modify things.a_1: done']);
    await things.insertMany([{ a: 1 }, { a: 1 }]);
    expect(await isSettled(model)).toBe(true);
  });

  it('builds a changed index beside the old one, which goes only when it is named', async () => {
    await things.createIndex({ a: 1 }, { unique: true, partialFilterExpression: { a: { $gt: 5 } } });
    const model = indexed([{ a: 1 }, { unique: true, partialFilterExpression: { a: { $gt: 7 } } }]);
    expect((await apply(model)).brief).toEqual(['build things.a_1_v2: done']);
    expect(await indexNames()).toEqual(['_id_', 'a_1', 'a_1_v2']);
    expect(await isSettled(model)).toBe(true);
    expect((await apply(model, 'things.a_1')).brief).toEqual(['drop things.a_1: done']);
    // And back, in one go.
    const back = indexed([{ a: 1 }, { unique: true, partialFilterExpression: { a: { $gt: 5 } } }]);
    expect((await apply(back, 'things.a_1_v2')).brief).toEqual([
      'build things.a_1: done',
      'drop things.a_1_v2: done',
    ]);
    expect(await indexNames()).toEqual(['_id_', 'a_1']);
  });

  it('rebuilds what the server cannot hold twice only when it is named, and restores it when that fails', async () => {
    await things.createIndex({ a: 'text' }, { name: 'words' });
    const model = indexed([{ a: 'text', b: 'text' }, { name: 'words' }]);
    expect((await apply(model)).brief).toEqual(['rebuild things.words: skipped']);
    const wrong = indexed([{ a: 'text' }, { name: 'words', default_language: 'klingon' }]);
    expect((await apply(wrong, 'things.words')).brief).toEqual(['rebuild things.words: failed']);
    expect(await things.listIndexes().toArray()).toMatchObject([{}, { name: 'words', weights: { a: 1 } }]);
    expect((await apply(model, 'things.words')).brief).toEqual(['rebuild things.words: done']);
    expect(await isSettled(model)).toBe(true);
  });

  it('takes two clients that apply at the same time', async () => {
    await things.insertMany(Array.from({ length: 2_000 }, (_, a) => ({ a, b: a % 7, c: String(a) })));
    await things.createIndex({ x: 1 });
    await things.createIndex({ c: 1 }, { sparse: true });
    const model = indexed([{ a: 1 }, { unique: true }], [{ b: 1 }], [{ c: 1 }]);
    const clients = await Promise.all([1, 2, 3].map(() => mongo.MongoClient.connect(database.uri)));
    try {
      const drop = ['things.x_1', 'things.c_1'];
      const reports = await Promise.all(
        clients.map((client) => applyIndexes(client.db(), [model], { drop })),
      );
      expect(reports.flatMap(({ steps }) => steps).filter(({ outcome }) => outcome !== 'done')).toEqual([]);
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
    expect(await indexNames()).toEqual(['_id_', 'a_1', 'b_1', 'c_1_v2']);
    expect(await isSettled(model)).toBe(true);
  });
});

describe(`${applyIndexes.name} with a build that takes long`, () => {
  const HANGS = 'hangAfterStartingIndexBuild';
  let server: MongodServer;
  beforeAll(async () => {
    server = await MongodServer.start({ replSet: true });
  });
  afterAll(() => server.stop());

  it('waits for it past the socket timeout, and calls it no index until it is one', async () => {
    const client = await mongo.MongoClient.connect(server.uri('shop'), {
      socketTimeoutMS: 400,
      monitorCommands: true,
    });
    let givenUp = 0;
    client.on('commandFailed', ({ commandName }) => (givenUp += commandName === 'createIndexes' ? 1 : 0));
    const db = client.db();
    await db.collection('things').insertMany([{ a: 1 }, { a: 2 }]);
    const model = indexed([{ a: 1 }, { unique: true }]);
    await server.command({ configureFailPoint: HANGS, mode: 'alwaysOn' });
    let isDone = false;
    const applied = applyIndexes(db, [model]).finally(() => (isDone = true));
    try {
      const isBuilding = async () => (await planIndexes(db, [model]))[0]?.building.length === 1;
      expect(await waitUntil(isBuilding)).toBe(true);
      expect(await planIndexes(db, [model])).toMatchObject([{ missing: [], unenforced: [{ name: 'a_1' }] }]);
      expect(await waitUntil(() => givenUp > 1)).toBe(true);
      expect(isDone).toBe(false);
    } finally {
      await server.command({ configureFailPoint: HANGS, mode: 'off' });
    }
    expect(await applied).toMatchObject({ isComplete: true, steps: [{ index: 'a_1', outcome: 'done' }] });
    expect((await planIndexes(db, [model])).every(isInPlace)).toBe(true);
    await client.close();
  });
});
