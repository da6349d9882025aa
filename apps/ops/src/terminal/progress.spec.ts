import { PassThrough } from 'node:stream';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { openProgress } from './progress.ts';

/** A stream that keeps what is written. */
function sink(terminal?: { columns: number }) {
  const stream = new PassThrough() as PassThrough & NodeJS.WriteStream;
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const moves = {
    cursorTo: () => true,
    moveCursor: () => true,
    clearLine: () => true,
    clearScreenDown: () => true,
  };
  if (terminal) Object.assign(stream, { isTTY: true, rows: 24, ...terminal, ...moves });
  return { stream, read: () => text };
}

describe(openProgress, () => {
  it('writes events with --json: at most two a second for each bar, and one at its end', () => {
    const [output, stream] = [sink(), sink()];
    const progress = openProgress({ isJson: true, stream: stream.stream, output: output.stream });
    const bar = progress.bar('contacts', 1_000, 'documents');
    for (let done = 0; done < 1_000; done += 1) bar.update(done);
    bar.finish(1_000);
    bar.finish(1_000);
    bar.update(3);
    progress.note('half way');
    progress.stop();
    const events = output
      .read()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(events).toEqual([
      { event: 'progress', name: 'contacts', done: 1_000, total: 1_000, unit: 'documents' },
      { event: 'note', text: 'half way' },
    ]);
    expect(stream.read()).toBe('');
  });

  it('writes one line at the end of each bar without a terminal', () => {
    const { stream, read } = sink();
    const progress = openProgress({ isJson: false, stream });
    const bar = progress.bar('contacts', undefined, 'bytes');
    bar.update(500);
    expect(read()).toBe('');
    bar.finish(1_500);
    progress.bar('never finished', 1, 'rows').update(1);
    progress.stop();
    expect(read()).toMatch(/^contacts: 1\.50 kB in [\d.]+ ms, [\d.]+ [kMG]?B\/s\n$/);
  });

  it('draws bars with rate and time left on a terminal, within its width', async () => {
    const { stream, read } = sink({ columns: 100 });
    const progress = openProgress({ isJson: false, stream });
    try {
      const bar = progress.bar('contacts', 1_000, 'documents');
      const open = progress.bar('events', undefined, 'rows');
      bar.update(420);
      open.update(7);
      await waitUntil(() => read().includes('42 %'));
      expect(read()).toMatch(/contacts +█+░+ +42 % {2}420 of 1,000 documents {2}[\d,]+\/s {2}[^ ]+ \w+ left/);
      expect(read()).toMatch(/events +7 rows {2}\d+\/s/);
      progress.note('a note');
      bar.finish(1_000);
      open.finish(8);
    } finally {
      progress.stop();
      progress.stop();
    }
    expect(read()).toContain('a note');
    expect(read()).toMatch(/contacts +█{20} 1,000 documents in [^/]*, [\d,]+\/s/);
    expect(read()).toMatch(/events .*8 rows in /);
  });
});
