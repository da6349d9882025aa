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
