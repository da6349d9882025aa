import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ByteParts } from './byte-parts.ts';

const COUNT = 262_144;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe(ByteParts.name, () => {
  it('keeps bytes that come one by one in little more than their number', () => {
    const bytes = Buffer.from(Uint8Array.from({ length: COUNT }, (_, index) => index % 251));
    const before = heapBytes();
    const parts = new ByteParts();
    for (let at = 0; at < COUNT; at += 1) parts.add(bytes.subarray(at, at + 1));
    const keptBytes = heapBytes() - before;
    expect(parts.join().equals(bytes)).toBe(true);
    expect(keptBytes).toBeLessThan(10 * COUNT);
  });

  it('keeps a few that come one by one, of much that they came with, in a buffer of their own', () => {
    const kept = Array.from({ length: 2_000 }, () => new ByteParts());
    const before = process.memoryUsage();
    const heapBefore = heapBytes();
    for (const parts of kept) {
      const sent = Buffer.alloc(65_536);
      for (let at = 0; at < 999; at += 1) parts.add(sent.subarray(at, at + 1));
    }
    expect((heapBytes() - heapBefore) / kept.length).toBeLessThan(4_096);
    expect((process.memoryUsage().arrayBuffers - before.arrayBuffers) / kept.length).toBeLessThan(8_192);
    expect(kept[0]?.join()).toHaveLength(999);
  });

  it('joins none, one and several', () => {
    const parts = new ByteParts();
    expect(parts.join()).toHaveLength(0);
    parts.add(Buffer.from('a'));
    expect(parts.join().toString()).toBe('a');
    parts.add(Buffer.from('bc'));
    expect(parts.join().toString()).toBe('abc');
    parts.clear();
    expect(parts.join()).toHaveLength(0);
  });
});
