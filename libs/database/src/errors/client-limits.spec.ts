import { mongo, Mongoose, Schema } from 'mongoose';
import { toDatabaseError } from './to-database-error.ts';

describe('a range that is exceeded', () => {
  const model = new Mongoose({ autoCreate: false }).model(
    'secretItem',
    new Schema<{ extra: object }>({ extra: {} }),
  );
  const nest = (wrap: (inner: object) => object): object => {
    let value: object = {};
    for (let level = 0; level < 20_000; level += 1) value = wrap(value);
    return value;
  };
  const inArrays = nest((inner) => [inner]);
  const inObjects = nest((inner) => ({ inner }));

  function thrownBy(operation: () => unknown): Error {
    try {
      operation();
    } catch (error) {
      return error as Error;
    }
    throw new Error('Nothing was thrown');
  }

  it.each<[string, () => unknown]>([
    ['objects in a document', () => new model({ extra: inObjects }).toObject()],
    ['arrays in a document', () => new model({ extra: inArrays }).toObject()],
    ['objects in a filter', () => model.findOne({ extra: inObjects })],
    ['arrays in a filter', () => model.findOne({ extra: inArrays })],
  ])('by %s that are nested too deeply is the fault of the document', (_, operation) => {
    const error = thrownBy(operation);
    expect(error).toBeInstanceOf(RangeError);
    expect(toDatabaseError(error)).toMatchObject({ code: 'DOCUMENT_INVALID', cause: error });
    // In a bundle the file says nothing.
    error.stack = String(error.stack).replaceAll(/\(.*:\d+:\d+\)/g, '(/app/bundle.js:12:34)');
    expect(toDatabaseError(error)).toMatchObject({ code: 'DOCUMENT_INVALID' });
  });

  it('by a binary value that is larger than any document is the fault of the document', () => {
    const error = thrownBy(() =>
      mongo.BSON.serialize({ bytes: new mongo.Binary(Buffer.alloc(18 * 1_048_576)) }),
    );
    expect(error.name).toBe('RangeError');
    expect(toDatabaseError(error)).toMatchObject({ code: 'DOCUMENT_INVALID', cause: error });
  });

  const countUp = (n: number): number => countUp(n + 1) + 1;
  const countDown = {
    left: (n: number): number => countDown.right(n - 1) + 1,
    right: (n: number): number => countDown.left(n - 1) + 1,
  };
  class Walker {
    clone(): Walker {
      return this.next().clone();
    }
    next(): Walker {
      return this.clone();
    }
  }

  it.each<[string, () => unknown]>([
    ['a function that calls itself', () => countUp(0)],
    ['two that call each other', () => countDown.left(0)],
    ['one with a name that Mongoose has too', () => new Walker().clone()],
    ['a number that does not fit', () => Buffer.alloc(1).writeUInt8(300)],
    ['an offset outside of a buffer', () => Buffer.alloc(4).write('secret', 9)],
    ['an offset outside of a large buffer', () => Buffer.alloc(20 * 1_048_576).write('s', 21 * 1_048_576)],
    ['bytes set behind the end', () => new Uint8Array(4).set([1], 9)],
    ['a precision of a number', () => (1).toFixed(200)],
  ])('by %s is a mistake in the code', (_, operation) => {
    const error = thrownBy(operation);
    expect(error.name).toBe('RangeError');
    expect(toDatabaseError(error)).toBe(error);
  });
});
