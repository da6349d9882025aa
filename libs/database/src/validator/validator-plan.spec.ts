import { Mongoose, Schema, type mongo } from 'mongoose';
import { MongodServer } from '../../../../test/support/mongod-server.ts';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { applyValidator, planValidator } from './validator-plan.ts';

function modelOf(fields: object, options: object = {}) {
  const mongoose = new Mongoose({ autoIndex: false, autoCreate: false });
  return mongoose.model('Thing', new Schema(fields, options), 'things');
}

const model = modelOf({ name: { type: String, required: true } });
/** A new one each time, since the driver adds the `_id`. */
const broken = () => ({ name: 5 });

describe('validators on the server', () => {
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

  it('plans without a collection, and makes nothing', async () => {
    expect(await planValidator(db, model)).toMatchObject({
      collection: 'things',
      state: 'absent',
      action: null,
      level: null,
      violators: { count: 0, isExact: true, sampleIds: [] },
    });
    expect(await db.listCollections().toArray()).toEqual([]);
  });

  it('warns first: everything is still stored', async () => {
    await things.insertOne({ _id: 1 as never, ...broken() });
    const plan = await applyValidator(db, model);
    expect(plan).toMatchObject({ state: 'same', action: 'warn', level: 'strict', violators: { count: 1 } });
    expect(plan.violators?.sampleIds).toEqual([1]);
    await things.insertOne(broken());
    expect((await planValidator(db, model)).violators).toMatchObject({ count: 2, isExact: true });
  });

  it('enforces it once nothing breaks it, and names the field that it refuses', async () => {
    await applyValidator(db, model);
    await things.insertOne({ name: 'Ada', __v: 0 });
    const plan = await applyValidator(db, model, { action: 'error' });
    expect(plan).toMatchObject({ state: 'same', action: 'error', level: 'strict' });
    const refused = await things.insertOne(broken()).catch((error: unknown) => toDatabaseError(error));
    expect(refused).toMatchObject({ code: 'DOCUMENT_INVALID', problems: [{ path: 'name' }] });
  });

  it('is not enforced while documents break it, unless it is forced, and these can be updated then', async () => {
    await things.insertOne({ _id: 1 as never, ...broken() });
    await expect(applyValidator(db, model, { action: 'error' })).rejects.toMatchObject({
      code: 'VALIDATOR_VIOLATED',
      collection: 'things',
      count: 1,
    });
    expect(await planValidator(db, model)).toMatchObject({ state: 'absent' });
    const forced = await applyValidator(db, model, { action: 'error', force: true });
    expect(forced).toMatchObject({ action: 'error', level: 'moderate' });
    await things.updateOne({ _id: 1 as never }, { $set: { seen: true } });
    await expect(things.insertOne(broken())).rejects.toMatchObject({ code: 121 });
  });

  it('sees that the schema has changed since', async () => {
    await applyValidator(db, model);
    const changed = modelOf({ name: { type: String, required: true, maxlength: 3 } });
    expect(await planValidator(db, changed)).toMatchObject({ state: 'different', action: 'warn' });
    expect(await applyValidator(db, changed)).toMatchObject({ state: 'same' });
  });

  it('makes the collection as its schema wants it', async () => {
    await applyValidator(db, modelOf({ name: String }, { capped: 4_096 }));
    const [info] = await db.listCollections({ name: 'things' }).toArray();
    expect(info).toMatchObject({ options: { capped: true, validationAction: 'warn' } });
  });

  it('takes the rules of the base for a discriminator', async () => {
    const special = modelOf({ name: { type: String, required: true } }).discriminator(
      'Special',
      new Schema({ extra: { type: String, required: true } }),
    );
    await applyValidator(db, special, { action: 'error' });
    await things.insertOne({ name: 'Ada' });
  });

  it('counts up to a limit, and gives up at its time limit', async () => {
    await things.insertMany(Array.from({ length: 20_000 }, broken));
    const { violators } = await planValidator(db, model, { limit: 10 });
    expect(violators).toMatchObject({ count: 10, isExact: false });
    expect(violators?.sampleIds).toHaveLength(5);
    expect(await planValidator(db, model, { maxTimeMs: 1 })).toMatchObject({ violators: null });
    const enforced = applyValidator(db, model, { action: 'error', maxTimeMs: 1 });
    await expect(enforced).rejects.toMatchObject({ code: 'VALIDATOR_VIOLATED', count: null });
  });

  it('says that the user may not do this', async () => {
    const server = await MongodServer.start({ auth: { username: 'root', password: 'not-a-secret-1' } });
    const mongoose = new Mongoose();
    try {
      const roles = [{ role: 'readWrite', db: 'shop' }];
      await server.command({ createUser: 'clerk', pwd: 'not-a-secret-2', roles });
      const uri = `mongodb://clerk:not-a-secret-2@127.0.0.1:${server.port}/shop?authSource=admin`;
      await mongoose.connect(uri);
      const shop = mongoose.connection.db as mongo.Db;
      await shop.collection('things').insertOne({ name: 'Ada' });
      expect(await planValidator(shop, model)).toMatchObject({ state: 'absent', violators: { count: 0 } });
      await expect(applyValidator(shop, model)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    } finally {
      await mongoose.disconnect();
      await server.stop();
    }
  });
});
