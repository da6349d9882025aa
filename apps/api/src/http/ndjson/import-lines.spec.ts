import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../../../../test/support/wait-until.ts';
import { TextField } from '../input/fields.ts';
import { importLines, type ImportReport, type InsertMany } from './import-lines.ts';
import { IMPORTS, MAX_STREAMS } from './stream-places.ts';

class Note {
  @TextField({ min: 1, max: 200, required: true })
  name!: string;
}

const takeAll: InsertMany<Note> = async (documents) => {
  let inserted = 0;
  for await (const { name } of documents) if (name) inserted += 1;
  return { inserted, errors: [] };
};

async function importText(text: string): Promise<ImportReport> {
  return importLines(Readable.from([Buffer.from(text)]), Note, takeAll);
}

/** A line with so many names that nobody knows. */
function wideLine(names: number, name = 'n'): string {
  return JSON.stringify(
    Object.fromEntries([['name', 'Ada'], ...Array.from({ length: names }, (_, n) => [`${name}${n}`, 1])]),
  );
}

describe(importLines.name, () => {
  it('names ten of the problems of a line, and counts the others', async () => {
    const { errors } = await importText([9, 10, 11, 2_500].map((names) => wideLine(names)).join('\n'));
    const phrases = errors.map(({ detail }) => detail.split('; '));
    expect(phrases.map(({ length }) => length)).toEqual([9, 10, 11, 11]);
    expect(phrases.map((all) => all.at(-1))).toEqual([
      'n8 is not a field that can be set',
      'n9 is not a field that can be set',
      'and 1 more',
      'and 2490 more',
    ]);
  });

  it('bounds what it says of a line, however long the names are', async () => {
    const lines = [wideLine(1, '\u{1f600}'.repeat(50_000)), wideLine(20, 'x'.repeat(10_000))];
    const { errors } = await importText(lines.join('\n'));
    expect(errors).toHaveLength(2);
    for (const { detail } of errors) {
      expect(detail.length).toBeLessThanOrEqual(1_000);
      expect(detail.isWellFormed()).toBe(true);
    }
  });

  it('refuses a line with more values than a body may have', async () => {
    const { inserted, errors } = await importText(`${wideLine(10_000)}\n{"name":"Ada"}\n`);
    expect(inserted).toBe(1);
    expect(errors).toEqual([
      {
        line: 1,
        code: 'INPUT_INVALID',
        detail:
          'Some fields are not valid: must have at most 10000 values, of all objects and lists together',
      },
    ]);
  });

  it('tells the first thousand refusals by line, also of those that the database tells late', async () => {
    const late = Promise.withResolvers<void>();
    let batches = 0;
    const insert: InsertMany<Note> = async (documents) => {
      batches += 1;
      const isFirst = batches === 1;
      let count = 0;
      for await (const { name } of documents) if (name) count += 1;
      if (!isFirst) {
        late.resolve();
        return { inserted: count, errors: [] };
      }
      await late.promise;
      const errors = Array.from({ length: count }, (_, index) => ({ index, error: new Error('late') }));
      return { inserted: 0, errors };
    };
    const lines = [
      ...Array.from({ length: 500 }, () => '{"name":"Ada"}'),
      ...Array.from({ length: 500 }, () => 'no JSON'),
      ...Array.from({ length: 9_000 }, () => 'no JSON either'),
    ];
    const report = await importLines(Readable.from([Buffer.from(lines.join('\n'))]), Note, insert);
    expect(report.failed).toBe(10_000);
    expect(report.errors.map(({ line }) => line)).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
    expect(report.errors[0]?.code).toBe('INTERNAL_ERROR');
    expect(report.errors[500]?.code).toBe('LINE_NOT_JSON');
  });

  it.each<[string, (source: PassThrough, fail: () => void) => void]>([
    ['its client goes', (source) => source.destroy()],
    [
      'the first of two batches fails',
      (source, fail) => {
        fail();
        source.end();
      },
    ],
  ])('keeps its place until nothing is written any more when %s', async (_, end) => {
    const writes = Array.from({ length: 2 }, () => Promise.withResolvers<void>());
    let [begun, taken] = [0, 0];
    const insert: InsertMany<Note> = async (documents) => {
      begun += 1;
      await writes[begun - 1]?.promise;
      for await (const { name } of documents) if (name) taken += 1;
      return { inserted: taken, errors: [] };
    };
    const others = Array.from({ length: MAX_STREAMS - 1 }, () => IMPORTS.take());
    const source = new PassThrough();
    source.write('{"name":"Ada"}\n'.repeat(2_000));
    const report = importLines(source, Note, insert);
    const isRefused = expect(report).rejects.toThrow();
    expect(await waitUntil(() => begun === 2)).toBe(true);
    end(source, () => writes[0]?.reject(new Error('gone')));
    await sleep(50);
    expect(() => IMPORTS.take()).toThrow();
    for (const write of writes) write.resolve();
    await isRefused;
    // Nobody is told of them any more.
    expect(taken).toBe(0);
    for (const place of [IMPORTS.take(), ...others]) place.release();
  });

  it('lets the event loop go round while it reads, also when everything is refused', async () => {
    let rounds = 0;
    let isOver = false;
    const count = () => {
      rounds += 1;
      if (!isOver) setImmediate(count);
    };
    const bytes = Buffer.from(`${wideLine(1_000)}\n`.repeat(200));
    const imports = Array.from({ length: 4 }, async () => importLines(Readable.from([bytes]), Note, takeAll));
    count();
    const reports = await Promise.all(imports);
    isOver = true;
    expect(reports.map(({ failed }) => failed)).toEqual([200, 200, 200, 200]);
    // Each of them works for more than a hundred milliseconds.
    expect(rounds).toBeGreaterThan(10);
  });
});
