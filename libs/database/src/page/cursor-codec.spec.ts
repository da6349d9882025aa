import fc from 'fast-check';
import { mongo } from 'mongoose';
import { CursorCodec, type PageCursor } from './cursor-codec.ts';

const KEY = 'a key of thirty-two bytes for tests';
const OTHER_KEY = 'another key of thirty-two bytes here';
const codec = new CursorCodec({ key: KEY });
const { EJSON } = mongo.BSON;

describe(CursorCodec.name, () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'ü "quoted"'],
    ['date', new Date(-1)],
    ['boolean', false],
    ['id', new mongo.ObjectId()],
    ['64-bit integer', mongo.Long.fromString('9223372036854775807')],
    ['decimal', mongo.Decimal128.fromString('0.10')],
    ['uuid', new mongo.UUID()],
    ['timestamp', new mongo.Timestamp({ t: 4_000_000_000, i: 1 })],
    ['lowest', new mongo.MinKey()],
  ])('keeps the type and value of %s', (_kind, value) => {
    const { position } = codec.decode(codec.encode({ direction: 'next', position: [value] }, 'q'), 'q');
    expect(EJSON.stringify(position, { relaxed: false })).toBe(EJSON.stringify([value], { relaxed: false }));
  });

  it('keeps every number exactly', () => {
    const numbers = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(2 ** 60, -0, 1e300));
    fc.assert(
      fc.property(numbers, (value) => {
        const text = codec.encode({ direction: 'next', position: [value, { inner: value }] }, 'q');
        const [one, two] = codec.decode(text, 'q').position as [mongo.Double, { inner: mongo.Double }];
        expect([one.value, two.inner.value]).toEqual([value, value]);
      }),
    );
  });

  it('keeps direction and inclusion', () => {
    const cursors: PageCursor[] = [
      { direction: 'next', position: ['a'] },
      { direction: 'previous', position: ['a'], isInclusive: true },
    ];
    expect(cursors.map((cursor) => codec.decode(codec.encode(cursor, 'q'), 'q'))).toEqual(cursors);
  });

  it('gives out text that needs no escape in a URL', () => {
    const text = codec.encode({ direction: 'next', position: ['\u{1F600}?&=/+'] }, 'q');
    expect(encodeURIComponent(text)).toBe(text);
  });

  it('refuses a text in which any one character is another one', () => {
    const text = codec.encode({ direction: 'next', position: ['a', 1] }, 'q');
    for (let index = 0; index < text.length; index += 1) {
      for (const other of ['A', 'B', '_', '=', ' ', '']) {
        const changed = `${text.slice(0, index)}${other}${text.slice(index + 1)}`;
        if (changed === text) continue;
        expect(() => codec.decode(changed, 'q')).toThrow('not one that was given out');
      }
    }
  });

  it('refuses what is no cursor at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => codec.decode(text, 'q')).toThrow(
          expect.objectContaining({ code: 'CURSOR_INVALID', reason: 'not-genuine' }),
        );
      }),
    );
  });

  it('refuses the cursor of another query', () => {
    const text = codec.encode({ direction: 'next', position: ['a'] }, 'q');
    expect(() => codec.decode(text, 'r')).toThrow(
      expect.objectContaining({ code: 'CURSOR_INVALID', reason: 'other-query' }),
    );
  });

  it('takes those of an older key, and signs with the first', () => {
    const both = new CursorCodec({ key: [OTHER_KEY, KEY] });
    const cursor: PageCursor = { direction: 'next', position: ['a'] };
    expect(both.decode(codec.encode(cursor, 'q'), 'q')).toEqual(cursor);
    expect(() => codec.decode(both.encode(cursor, 'q'), 'q')).toThrow('not one that was given out');
  });

  it.each([['short'], [[]], [[KEY, 'short']]])('refuses the key %j', (key) => {
    expect(() => new CursorCodec({ key })).toThrow(RangeError);
  });
});
