import { mongo, Mongoose, Schema, type Model } from 'mongoose';
import { describeModels } from '../../apps/api/src/print-models.ts';
import { toModels } from '../../apps/ops/src/indexes/declared-models.ts';
import { declaredIndexes } from '../../libs/database/src/indexes/declared-indexes.ts';
import { toValidator } from '../../libs/database/src/validator/to-validator.ts';

/** What the service prints and the command line reads. */
function handOver(models: readonly Model<unknown>[]) {
  const printed = mongo.BSON.EJSON.stringify(describeModels(models));
  return toModels(mongo.BSON.EJSON.parse(printed));
}

describe('the models that the service prints', () => {
  const connection = new Mongoose().createConnection();
  const people = new Schema(
    {
      email: { type: String, unique: true },
      name: { first: String },
      until: { type: Date, expires: '30d' },
      place: [Number],
    },
    { collection: 'people', collation: { locale: 'de', strength: 2 } },
  );
  people.index({ 'name.first': 1, _id: -1 }, { name: 'by_name' });
  people.index(
    { email: 'text', 'name.first': 'text' },
    { weights: { email: 5 }, default_language: 'german' },
  );
  people.index({ place: '2dsphere' }, { sparse: true });
  people.index(
    { until: 1, email: 1 },
    { partialFilterExpression: { until: { $gt: new Date(0) }, email: { $exists: true } } },
  );
  const person = connection.model('Person', people);
  person.discriminator('Author', new Schema({ books: { type: Number, index: true } }), 'author');
  const measured = new Schema(
    { at: Date, sensor: String },
    {
      collection: 'measured',
      timeseries: { timeField: 'at', metaField: 'sensor' },
      expireAfterSeconds: 3_600,
    },
  );
  connection.model('Measured', measured.index({ sensor: 1, at: -1 }));
  connection.model(
    'Log',
    new Schema({ line: String }, { capped: { size: 4_096, max: 10 }, collection: 'log' }),
  );
  connection.model(
    'Fast',
    new Schema({ _id: Number }, { collectionOptions: { changeStreamPreAndPostImages: { enabled: true } } }),
  );
  const models = Object.values(connection.models);

  it('declare the same indexes and collections on both sides', () => {
    const declared = declaredIndexes(models);
    expect(declared.flatMap(({ indexes }) => indexes)).toHaveLength(8);
    expect(declaredIndexes(handOver(models).models)).toEqual(declared);
  });

  it('keep the order of the fields of an index', () => {
    const [first] = declaredIndexes(handOver(models).models);
    const byName = first?.indexes.find(({ name }) => name === 'by_name');
    expect(Object.keys(byName?.key ?? {})).toEqual(['name.first', '_id']);
  });

  it('have one validator for each collection, that of the base', () => {
    const { validators } = handOver(models);
    expect([...validators.keys()].toSorted()).toEqual(['fasts', 'log', 'measured', 'people']);
    expect(validators.get('people')).toEqual(toValidator(person.schema));
  });
});
