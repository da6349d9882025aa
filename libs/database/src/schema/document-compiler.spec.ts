import { Mongoose, mongo, Schema, type SchemaDefinition, type SchemaOptions } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import { compileDocumentWriter, type DocumentWriter } from './document-compiler.ts';

const AT = new Date('2031-05-06T07:08:09.010Z');

describe(compileDocumentWriter.name, () => {
  const mongoose = new Mongoose();

  it('casts, sets, fills in and stamps', () => {
    const address = new Schema({ city: { type: String, trim: true } }, { _id: false });
    const fields = {
      email: { type: String, lowercase: true },
      age: Number,
      role: { type: String, default: 'user' },
      address,
      tags: [String],
    };
    const stored = writerOf(new Schema(fields, { timestamps: true })).write(
      { email: 'Ada@Example.org', age: '36', address: { city: ' London ' }, extra: 1 },
      AT,
    );
    expect(stored).toEqual({
      email: 'ada@example.org',
      age: 36,
      role: 'user',
      address: { city: 'London' },
      tags: [],
      _id: expect.any(mongo.ObjectId) as unknown,
      createdAt: AT,
      updatedAt: AT,
      __v: 0,
    });
  });

  it('names every field that is refused', () => {
    const writer = writerOf(
      new Schema({ name: { type: String, required: true }, age: { type: Number, min: 0 }, born: Date }),
    );
    const write = () => writer.write({ age: -1, born: 'never' }, AT);
    expect(write).toThrow(DocumentInvalidError);
    expect(write).toThrow(
      'The document is not valid: born must be a Date; name is required; age must be at least 0',
    );
  });

  it('refuses a value in the place of a document, which Mongoose finds only while it waits', () => {
    const writer = writerOf(new Schema({ parts: [new Schema({ name: String })] }));
    expect(() => writer.write({ parts: [0] }, AT)).toThrow('parts is not valid');
  });

  it('reads instances of classes, also as parts', () => {
    class Part {
      name = 'bolt';
      get secret() {
        return 'none';
      }
    }
    class Order {
      part = new Part();
      readonly nothing = undefined;
    }
    const part = new Schema({ name: String, secret: String }, { _id: false });
    expect(writerOf(new Schema({ part, nothing: String })).write(new Order(), AT)).toMatchObject({
      part: { name: 'bolt' },
    });
  });

  it('leaves the input alone and shares no date, array or object with it', () => {
    const writer = writerOf(new Schema({ day: Date, tags: [String], free: {} }));
    const input = Object.freeze({
      day: new Date(AT),
      tags: Object.freeze(['a']),
      free: Object.freeze({ a: [1] }),
    });
    const stored = writer.write(input, AT);
    expect(stored).toMatchObject({ day: AT, tags: ['a'], free: { a: [1] } });
    for (const key of ['day', 'tags', 'free'] as const) expect(stored[key]).not.toBe(input[key]);
  });

  it('never reaches a prototype', () => {
    const writer = writerOf(new Schema({ name: String, free: {} }));
    const input = JSON.parse(
      '{"name":"a","__proto__":{"x":1},"constructor":{"prototype":{"x":1}},"free":{"__proto__":{"x":1},"a":1}}',
    ) as object;
    const stored = writer.write(input, AT);
    expect(stored).toMatchObject({ name: 'a', free: { a: 1 } });
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    expect(Object.keys(stored.free as object)).toEqual(['a']);
  });

  it('writes a schema that holds itself', () => {
    const node = new Schema<object>({ name: { type: String, required: true } }, { _id: false });
    node.add({ children: [node] });
    const stored = writerOf(new Schema({ root: node })).write(
      { root: { name: 'a', children: [{ name: 'b' }] } },
      AT,
    );
    expect(stored).toMatchObject({ root: { name: 'a', children: [{ name: 'b', children: [] }] } });
  });

  it('does not ignore a validator that turns out to give a promise', () => {
    const writer = writerOf(new Schema({ name: { type: String, validate: () => Promise.resolve(false) } }));
    expect(() => writer.write({ name: 'a' }, AT)).toThrow('The validator of name gives a promise');
  });

  describe('gives a reason', () => {
    type Case = [
      reason: string,
      definition: SchemaDefinition,
      options?: SchemaOptions,
      change?: (schema: Schema) => void,
    ];
    const cases: Case[] = [
      [
        'email has an async validator',
        { email: { type: String, validate: async () => Promise.resolve(true) } },
      ],
      [
        'tags has an async validator',
        { tags: [{ type: String, validate: async () => Promise.resolve(true) }] },
      ],
      [
        'labels has an async validator',
        { labels: { type: Map, of: { type: String, validate: async () => Promise.resolve(true) } } },
      ],
      [
        'part.email has an async validator',
        { part: new Schema({ email: { type: String, validate: async () => Promise.resolve(true) } }) },
      ],
      [
        'a has a validator that uses its document',
        {
          a: {
            type: String,
            validate(this: { b: string }) {
              return this.b === '';
            },
          },
        },
      ],
      [
        'a has a validator that asks for its properties',
        { a: { type: String, validate: { validator: () => true, propsParameter: true } } },
      ],
      [
        'a has a validator after a regular expression',
        { a: { type: String, validate: [{ validator: /a/ as never }, { validator: () => true }] } },
      ],
      [
        'a has a default that uses its document',
        {
          a: {
            type: String,
            default(this: { b: string }) {
              return this.b;
            },
          },
        },
      ],
      [
        'a has a default that uses its document',
        { a: { type: String, default: (document: { b?: string } = {}) => document?.b } },
      ],
      [
        'a has a default that uses its document',
        { a: String },
        {},
        (schema) => schema.path('a').default((document: unknown) => String(document)),
      ],
      [
        'a has a setter that uses its document',
        {
          a: {
            type: String,
            set(this: { b: string }, value: string) {
              return value + this.b;
            },
          },
        },
      ],
      ['a has a required function', { a: { type: String, required: () => true } }],
      ['a has a cast function', { a: { type: Number, cast: (value: unknown) => Number(value) } as never }],
      ['list has a validator on documents', { list: { type: [new Schema({})], validate: () => true } }],
      [
        'list has a default on an array of documents',
        { list: { type: [new Schema({ a: String })], default: () => [{ a: 'x' }] } },
      ],
      [
        'either has a type that is not known here',
        { either: { type: Schema.Types.Union, of: [String, Number] } as never },
      ],
      ['the schema has a pre save hook', {}, {}, (schema) => schema.pre('save', () => undefined)],
      ['the schema has a post validate hook', {}, {}, (schema) => schema.post('validate', () => undefined)],
      [
        'the schema has a pre insertMany hook',
        {},
        {},
        (schema) => schema.plugin((plugged) => plugged.pre('insertMany', () => undefined)),
      ],
      ['part has a pre save hook', { part: new Schema({}).pre('save', () => undefined) }],
      ['the schema has aliases', { a: { type: String, alias: 'b' } }],
      [
        'the schema has a setter of the virtual full',
        {},
        {},
        (schema) => schema.virtual('full').set(() => undefined),
      ],
      [
        'the schema replaces the method toObject',
        {},
        {},
        (schema) => schema.method('toObject', () => ({}), { suppressWarning: true }),
      ],
      ['the schema is not strict', {}, { strict: false }],
      ['the schema is not validated before save', {}, { validateBeforeSave: false }],
      ['the schema has a clock of its own', {}, { timestamps: { currentTime: () => 5 } }],
      ['the schema has an unusual timestamp createdAt', { createdAt: Number }, { timestamps: true }],
      ['the schema has the option writeConcern', {}, { writeConcern: { w: 1 } }],
      ['the schema has the toObject option minimize', {}, { toObject: { minimize: false } }],
      ['the schema has a geospatial index', { at: { type: [Number], index: '2dsphere' } }],
      ['valueOf has a dangerous name', { valueOf: String }],
    ];

    it.each(cases)('%s', (...row) => {
      const [reason, definition, options, change] = row;
      const schema = new Schema(definition, options);
      change?.(schema);
      expect(reasonsOf(modelOf(schema).schema)).toContain(reason);
    });

    it('for discriminators', () => {
      const model = modelOf(new Schema({ a: String }));
      model.discriminator('Special', new Schema({ b: String }));
      expect(reasonsOf(model.schema)).toContain('the schema has discriminators');
    });

    it('for a schema without a model, whose plugins have not run', () => {
      expect(reasonsOf(new Schema({}))).toEqual(['the schema belongs to no model yet']);
    });

    it.each([
      'updateOne',
      'updateMany',
      'findOneAndUpdate',
      'deleteOne',
      'deleteMany',
      'replaceOne',
    ] as const)('for a hook of the write %s', (name) => {
      const schema = new Schema({ a: String }).pre(name, () => undefined);
      expect(reasonsOf(modelOf(schema).schema)).toEqual([`the schema has a pre ${name} hook`]);
    });

    it("for none of Mongoose's own hooks, nor for those that no write meets", () => {
      const schema = new Schema({ a: String }, { timestamps: true }).post('init', () => undefined);
      expect(reasonsOf(modelOf(schema).schema)).toEqual([]);
    });
  });

  function modelOf(schema: Schema) {
    mongoose.deleteModel(/./);
    schema.set('autoCreate', false).set('autoIndex', false);
    return mongoose.model('Example', schema);
  }

  function writerOf(schema: object): DocumentWriter {
    const compilation = compileDocumentWriter(modelOf(schema as Schema).schema);
    if (!compilation.isCompiled) throw new Error(compilation.reasons.join('; '));
    return compilation.writer;
  }

  function reasonsOf(schema: Schema): readonly string[] {
    const compilation = compileDocumentWriter(schema);
    return compilation.isCompiled ? [] : compilation.reasons;
  }
});
