import { MongoRepository } from '#database';
import { mongo, Schema } from 'mongoose';
import { expectFigure } from '../support/figures.ts';
import { TestConnection } from '../support/test-connection.ts';

interface Sample {
  long: bigint;
  number: number;
  double: number;
  int: number;
  decimal: mongo.Decimal128;
  uuid: mongo.UUID;
  date: Date;
  buffer: Buffer;
  text: string;
  isTrue: boolean;
  owner: mongo.ObjectId;
  free: unknown;
  numbers: number[];
  longs: bigint[];
  matrix: number[][];
  map: Map<string, number>;
  nested: { deep: { list: { text: string }[] } };
}

class SampleRepository extends MongoRepository<Sample> {}

const { Types } = Schema;
const part = new Schema({ text: String }, { _id: false });
const schema = new Schema<Sample>({
  long: Types.BigInt,
  number: Number,
  double: Types.Double,
  int: Types.Int32,
  decimal: Types.Decimal128,
  uuid: Types.UUID,
  date: Date,
  buffer: Buffer,
  text: String,
  isTrue: Boolean,
  owner: Types.ObjectId,
  free: {},
  numbers: [Number],
  longs: [Types.BigInt],
  matrix: [[Number]],
  map: { type: Map, of: Number },
  nested: { deep: { list: [part] } },
});
/** Middleware makes every write go through Mongoose. */
const hooked = schema.clone().pre('save', () => undefined);

const MAX_LONG = 2n ** 63n - 1n;
const MIN_LONG = -(2n ** 63n);
const VALUES: { [K in keyof Sample]?: Sample[K][] } = {
  long: [0n, 1n, -1n, 2n ** 31n, 2n ** 53n - 1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, MAX_LONG, MIN_LONG],
  number: [0, -0, 0.1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53 - 1, 2 ** 53, 5e-324, 1.7976931348623157e308],
  double: [0, -0, 1, 0.1, -2.5, 2 ** 60],
  int: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)],
  decimal: [
    '0',
    '-0',
    '0.1',
    '1.10',
    '1E+3',
    '9.999999999999999999999999999999999E+6144',
    '1E-6176',
    'NaN',
    'Infinity',
    '-Infinity',
  ].map((text) => mongo.Decimal128.fromString(text)),
  uuid: [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '01890a5d-ac96-774b-bcce-b302099a8057',
  ].map((text) => new mongo.UUID(text)),
  date: [
    '0001-01-01T00:00:00.000Z',
    '1582-10-15T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00.000Z',
    '2024-02-29T23:59:59.001Z',
    '9999-12-31T23:59:59.999Z',
  ].map((text) => new Date(text)),
  buffer: [Buffer.alloc(0), Buffer.from([0, 255, 10, 13]), Buffer.alloc(1_048_576, 7)],
  text: [
    '',
    ' kept ',
    'a\0b',
    '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
    'e\u0301 \u00E9',
    '\u202Egnp.exe',
    '$where',
    '__proto__',
    'a.b',
    '\uFFFD\uFEFF',
    'x'.repeat(1_048_576),
  ],
  isTrue: [true, false],
  owner: ['000000000000000000000000', 'ffffffffffffffffffffffff'].map((text) => new mongo.ObjectId(text)),
  free: [
    null,
    0,
    -0,
    '',
    false,
    [],
    [[], [[1]]],
    { a: { b: [null, { c: 1 }] } },
    mongo.Long.MAX_VALUE,
    new mongo.Timestamp({ t: 1, i: 2 }),
    new mongo.BSONRegExp('^a', 'i'),
    new mongo.MinKey(),
    new mongo.MaxKey(),
  ],
  numbers: [[], [1, -0, 2.5], [Number.MAX_SAFE_INTEGER]],
  longs: [[], [MAX_LONG, 0n, MIN_LONG]],
  matrix: [[], [[]], [[1, 2], [], [3]]],
  map: [new Map(), new Map([['a', 1]]), new Map([['key with space', -0]]), new Map([['ключ', 1.5]])],
  nested: [{ deep: { list: [] } }, { deep: { list: [{ text: 'a' }, { text: '' }] } }],
};

/** A text of any value, that tells values of different types, or of different signs of zero, from one another. */
function textOf(value: unknown): string {
  if (value instanceof Map) return textOf(Object.fromEntries(value as Map<string, unknown>));
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  // The driver gives a whole number of 64 bits as a number while that is exact.
  if (typeof value === 'bigint') return `whole ${value}`;
  if (value instanceof mongo.Long) return `whole ${value.toString()}`;
  if (typeof value === 'number' && Object.is(value, -0)) return 'minus zero';
  if (typeof value === 'number' && Number.isInteger(value)) return `whole ${BigInt(value)}`;
  if (value instanceof mongo.UUID) return `uuid ${value.toHexString()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('base64')}`;
  if (value instanceof mongo.Binary && value.sub_type === mongo.Binary.SUBTYPE_UUID)
    return `uuid ${value.toUUID().toHexString()}`;
  if (value instanceof mongo.Binary) return `bytes ${value.toString('base64')}`;
  if (value instanceof mongo.BSONRegExp) return `pattern /${value.pattern}/${value.options}`;
  if (value instanceof RegExp) return `pattern ${String(value)}`;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (typeof value !== 'object' || value === null || '_bsontype' in value)
    return mongo.BSON.EJSON.stringify({ value }, { relaxed: false });
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${textOf(inner)}`)
    .join()}}`;
}

let context: TestConnection;
beforeAll(async () => {
  context = await TestConnection.start();
});
afterAll(() => context.stop());

const WAYS = ['insert', 'updateById', 'findByIdAndUpdate', 'upsert', 'replaceById'] as const;

async function write(
  samples: SampleRepository,
  way: (typeof WAYS)[number],
  sample: object,
): Promise<mongo.ObjectId> {
  if (way === 'insert') return (await samples.insert(sample))._id;
  if (way === 'upsert') {
    const { document } = await samples.upsert({ _id: new mongo.ObjectId() }, sample);
    return document._id;
  }
  const { _id } = await samples.insert({});
  if (way === 'updateById') await samples.updateById(_id, sample);
  if (way === 'findByIdAndUpdate') await samples.findByIdAndUpdate(_id, sample);
  if (way === 'replaceById') await samples.replaceById(_id, sample);
  return _id;
}

it.each([
  { name: 'compiled', of: schema },
  { name: 'mongoose', of: hooked },
])(
  'A33: what is read equals what was written, where writes are $name',
  async ({ name, of }) => {
    const { connection } = context;
    const samples = new SampleRepository(connection.mongoose.model(`Sample_${name}`, of), connection);
    expect(samples.explain().writes).toBe(name);
    const differences: string[] = [];
    let compared = 0;
    for (const [field, values] of Object.entries(VALUES)) {
      for (const value of values) {
        for (const way of WAYS) {
          compared += 1;
          const expected = textOf(value);
          try {
            const _id = await write(samples, way, { [field]: value });
            const found: Record<string, unknown>[] = [
              { ...(await samples.getById(_id)) },
              ...(await samples.find({ _id })).map((one) => ({ ...one })),
              ...(await samples.findPage({ _id })).items.map((one) => ({ ...one })),
            ];
            const texts = new Set(found.map((one) => textOf(one[field])));
            if (found.length !== 3 || texts.size !== 1 || !texts.has(expected))
              differences.push(
                `${way} ${field} ${expected.slice(0, 80)} ${[...texts].join(' | ').slice(0, 80)}`,
              );
          } catch (error) {
            differences.push(`${way} ${field} ${expected.slice(0, 80)} ${String(error)}`);
          }
        }
      }
    }
    expect(differences).toEqual([]);
    expectFigure({
      row: 'A33',
      what: `${name}: values compared`,
      value: compared,
      unit: '',
      limit: 300,
      atLeast: true,
    });
    expectFigure({ row: 'A33', what: `${name}: differences`, value: differences.length, unit: '', limit: 0 });
  },
  120_000,
);

it.each([Number.NaN, Infinity, -Infinity])('A33: %d is stored as it is, or refused', async (value) => {
  for (const kind of [schema, hooked]) {
    const { connection } = context;
    const name = `Extreme_${kind === schema ? 'a' : 'b'}_${String(value).replace('-', 'minus')}`;
    const samples = new SampleRepository(connection.mongoose.model(name, kind), connection);
    for (const field of ['number', 'double'] as const) {
      const stored = await samples.insert({ [field]: value }).catch((error: unknown) => error);
      if (stored instanceof Error) expect(stored).toMatchObject({ code: 'DOCUMENT_INVALID' });
      else {
        const [found] = await samples.find({}, { sort: { _id: -1 }, limit: 1 });
        expect(found?.[field]).toBe(value);
      }
    }
  }
});

it.each<[string, object]>([
  ['a whole number beyond 64 bits', { long: 2n ** 63n }],
  ['a whole number below 64 bits', { long: -(2n ** 63n) - 1n }],
  ['a whole number beyond 32 bits', { int: 2 ** 31 }],
  ['a fraction for a whole number', { int: 0.5 }],
  ['a text for a number', { number: 'x' }],
  ['no date', { date: new Date(Number.NaN) }],
  ['a text that is no date', { date: 'tomorrow' }],
  ['no uuid', { uuid: '123' }],
  ['no decimal', { decimal: '1,5' }],
])('A33: refuses %s, changed in silence by nobody', async (what, sample) => {
  for (const kind of [schema, hooked]) {
    const { connection } = context;
    const name = `Refused_${kind === schema ? 'a' : 'b'}_${what.replaceAll(' ', '_')}`;
    const samples = new SampleRepository(connection.mongoose.model(name, kind), connection);
    await expect(samples.insert(sample)).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(await samples.count({})).toBe(0);
  }
});
