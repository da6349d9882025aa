import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextRound } from 'node:timers/promises';
import { BadRequestException } from '@nestjs/common';
import fc from 'fast-check';
import { readLines, type Line } from './read-lines.ts';
import { StreamPlaces } from './stream-places.ts';

const LIMITS = { maxLineBytes: 20, timeoutMs: 1_000, pauseMs: 1_000 };

async function linesOf(chunks: Iterable<Uint8Array>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const group of readLines(Readable.from(chunks), LIMITS)) lines.push(...group);
  return lines;
}

describe(readLines.name, () => {
  const { jest } = import.meta;
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each<[string, string[]]>([
    ['', []],
    ['\n\n', []],
    ['a', ['1 a']],
    ['a\n', ['1 a']],
    ['a\n\n  \r\nb\r\n', ['1 a', '4 b\r']],
    [`${'x'.repeat(20)}\n${'x'.repeat(21)}\nb`, [`1 ${'x'.repeat(20)}`, '2 LINE_TOO_LONG', '3 b']],
    ['x'.repeat(1_000), ['1 LINE_TOO_LONG']],
  ])('%j', async (text, expected) => {
    const lines = await linesOf([Buffer.from(text)]);
    expect(lines.map(({ number, text: content, fault }) => `${number} ${fault ?? content}`)).toEqual(
      expected,
    );
  });

  it('does not depend on where the stream is cut', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 });
    const cuts = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 10 }), cuts, async (texts, places) => {
        const bytes = Buffer.from(texts.join('\n'));
        const ends = [...places, bytes.length].toSorted((a, b) => a - b);
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        const whole = chunks.filter(({ length }) => length > 0);
        expect(await linesOf(whole)).toEqual(await linesOf(bytes.length > 0 ? [bytes] : []));
      }),
    );
  });

  it('says of bytes that they are no text', async () => {
    const lines = await linesOf([Buffer.from([0x61, 0x0a, 0xc3, 0x0a, 0x62])]);
    expect(lines.map(({ fault }) => fault)).toEqual([undefined, 'LINE_NOT_TEXT', undefined]);
  });

  it('does not wait for a client that sends nothing more', async () => {
    const source = new PassThrough();
    source.write('a\nb');
    const read = async () => {
      for await (const _ of readLines(source, { ...LIMITS, timeoutMs: 50 })) continue;
    };
    await expect(read()).rejects.toMatchObject({ kind: { code: 'REQUEST_TIMEOUT' } });
    expect(source.destroyed).toBe(false);
  });

  it('lets the event loop go round between chunks, also of blank lines', async () => {
    let nowMs = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => (nowMs += 10));
    let rounds = 0;
    let isOver = false;
    const count = () => {
      rounds += 1;
      if (!isOver) setImmediate(count);
    };
    count();
    const lines = await linesOf(Array.from({ length: 20 }, () => Buffer.from('\n\n')));
    isOver = true;
    expect(lines).toEqual([]);
    expect(rounds).toBeGreaterThanOrEqual(20);
  });

  it('says that the request is not valid when its client goes', async () => {
    const source = new PassThrough();
    source.write('a\nb');
    const read = async () => {
      for await (const _ of readLines(source, LIMITS)) source.destroy(new Error('aborted'));
    };
    await expect(read()).rejects.toThrow(BadRequestException);
  });

  it('leaves nothing that fails later when its place is lost', async () => {
    const place = new StreamPlaces('TOO_MANY_IMPORTS').take();
    place.lose();
    const source = new PassThrough();
    const lines = readLines(source, { ...LIMITS, pauseMs: Number.POSITIVE_INFINITY, place });
    await expect(lines.next()).rejects.toMatchObject({ kind: { code: 'REQUEST_TIMEOUT' } });
    // Nobody waits for what comes now: Jest would tell of an error.
    source.destroy(new Error('aborted'));
    await nextRound();
    await nextRound();
  });

  it('says once that no line has come, also while parts of one do', async () => {
    const source = new PassThrough();
    source.write('a\nb');
    const drip = setInterval(() => source.write('b'), 10);
    const groups: Line[][] = [];
    for await (const group of readLines(source, { ...LIMITS, maxLineBytes: 1_000, pauseMs: 50 })) {
      groups.push(group);
      if (group.length > 0) continue;
      // Long enough for another empty group, if there were one.
      setTimeout(() => {
        clearInterval(drip);
        source.end('\nc');
      }, 200);
    }
    expect(groups.map((group) => group.map(({ number }) => number))).toEqual([[1], [], [2], [3]]);
  });
});
