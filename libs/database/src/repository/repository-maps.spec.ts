import { mongo, Schema, type Model } from 'mongoose';
import { TestConnection } from '../../../../test/support/test-connection.ts';
import { MongoRepository } from './mongo.repository.ts';

type Glossary = mongo.Document & { _id: mongo.ObjectId };

class GlossaryRepository extends MongoRepository<Glossary> {}

const part = new Schema({ words: { type: Map, of: String }, any: {} }, { _id: false });
const compiled = {
  title: String,
  words: { type: Map, of: String },
  any: { type: Map, of: Schema.Types.Mixed },
  files: { type: Map, of: Buffer },
  days: { type: Map, of: Date },
};
const left = { parts: { type: Map, of: part }, part, lists: [{ type: Map, of: String }] };

const MAPS: [string, object][] = [
  ['an empty object', { any: { x: {} } }],
  ['empty objects in others', { any: { x: { y: {}, z: [{}], n: null } } }],
  ['an empty map', { any: {} }],
  ['bytes', { files: { x: Buffer.from('bytes') } }],
  ['bytes of a subtype', { files: { x: new mongo.Binary(Buffer.from('bytes'), 128) } }],
  ['days', { days: { x: new Date(0) } }],
  ['parts', { parts: { x: { words: { a: 'b' }, any: { y: {} } }, y: {} } }],
  ['maps in a list', { lists: [{ x: 'y' }, {}] }],
];

/** A driver takes what has this key for a BSON type: it could be stored, and then neither compared nor written again. */
const FORGED = { _bsontype: 'ObjectId', id: 'x' };
/** What, and the field that is named. */
const FORGED_MAPS: [string, string, object][] = [
  ['a map', 'words', { words: FORGED }],
  ['a Map', 'words', { words: new Map(Object.entries(FORGED)) }],
  ['a map of files', 'files', { files: FORGED }],
  ['a map of parts', 'parts', { parts: { _bsontype: {} } }],
  ['a map in a map', 'parts.a.words', { parts: { a: { words: FORGED } } }],
  ['a map in a part', 'part.words', { part: { words: FORGED } }],
  ['a map in a list', 'lists', { lists: [{ a: 'b' }, FORGED] }],
];

describe.each([
  { writes: 'compiled', fields: compiled },
  { writes: 'mongoose', fields: { ...compiled, ...left } },
])('maps in $writes writes', ({ writes, fields }) => {
  const hasFields = (document: object) => Object.keys(document).every((field) => field in fields);
  let context: TestConnection;
  let model: Model<Glossary>;
  let glossaries: GlossaryRepository;

  beforeAll(async () => {
    context = await TestConnection.start();
    model = context.connection.mongoose.model('Glossary', new Schema(fields)) as unknown as Model<Glossary>;
    glossaries = new GlossaryRepository(model, context.connection);
    expect(glossaries.explain()).toMatchObject({ writes });
  });
  afterAll(() => context.stop());

  it.each(MAPS.filter(([, document]) => hasFields(document)))(
    'are stored and returned as Mongoose stores them: %s',
    async (_, given) => {
      const document = given as never;
      const { _id } = await new model(document).save();
      const expected = { ...(await glossaries.getById(_id)), _id: expect.anything() as unknown };

      const inserted = await glossaries.insert(document);
      expect(inserted).toEqual(expected);
      expect(await glossaries.getById(inserted._id)).toEqual(expected);
      const replaced = await glossaries.replaceById(_id, document);
      expect(replaced).toEqual({ ...expected, __v: 1 });
      expect(await glossaries.getById(_id)).toEqual(replaced);
    },
  );

  it('share nothing with what was given', async () => {
    const document = { any: { x: { y: [{ z: 1 }] } }, days: { x: new Date(0) } };
    const inserted = await glossaries.insert(document);
    document.any.x.y.length = 0;
    document.days.x.setTime(1);
    expect(inserted).toMatchObject({ any: { x: { y: [{ z: 1 }] } }, days: { x: new Date(0) } });
  });

  describe('with the key of BSON types', () => {
    const invalid = { code: expect.stringMatching(/^(DOCUMENT|FILTER)_INVALID$/) as unknown };
    const forged = FORGED_MAPS.filter(([, , document]) => hasFields(document));
    let id: mongo.ObjectId;
    let before: unknown;
    beforeAll(async () => {
      ({ _id: id } = await glossaries.insert({ title: 'a', words: { day: 'x' } }));
      before = await glossaries.find({});
    });
    afterEach(async () => expect(await glossaries.find({})).toEqual(before));

    it.each(forged)('are refused in a new document: %s', async (_, path, given) => {
      const document = given as never;
      const problems = [{ path, message: 'holds a forged BSON type' }];
      const refused = { code: 'DOCUMENT_INVALID', problems };
      await expect(glossaries.insert(document)).rejects.toMatchObject(refused);
      await expect(glossaries.insertMany([document])).rejects.toThrow('holds a forged BSON type');
      await expect(glossaries.replaceById(id, document)).rejects.toMatchObject(refused);
    });

    it.each(forged)('are refused in a change: %s', async (_what, _path, given) => {
      const change = given as never;
      await expect(glossaries.updateById(id, change)).rejects.toMatchObject(invalid);
      await expect(glossaries.upsert({ title: 'b' }, change)).rejects.toMatchObject(invalid);
    });

    it('are refused as a path', async () => {
      const change = { 'words._bsontype': 'ObjectId' } as never;
      await expect(glossaries.updateById(id, change)).rejects.toMatchObject(invalid);
      await expect(glossaries.findOne({ 'words._bsontype': 'x' })).rejects.toMatchObject(invalid);
    });
  });
});
