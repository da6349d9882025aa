import { spawnSync } from 'node:child_process';
import { collectGarbage, FLAGS } from './collect-garbage.ts';

const REPLY_BYTES = 2 * 1_024 * 1_024;
const PIECE_BYTES = 64 * 1_024;

describe(collectGarbage.name, () => {
  it('keeps buffers from piling up', () => {
    const start = process.memoryUsage().arrayBuffers;
    let mostBytes = 0;
    for (let reply = 0; reply < 100; reply += 1) {
      for (let piece = 0; piece < REPLY_BYTES / PIECE_BYTES; piece += 1) Buffer.allocUnsafeSlow(PIECE_BYTES);
      Buffer.allocUnsafeSlow(REPLY_BYTES);
      collectGarbage(REPLY_BYTES);
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers - start);
    }
    // Of 400 MB; V8 by itself leaves more than 50.
    expect(mostBytes).toBeLessThan(40e6);
  });

  it('uses flags that this V8 has', () => {
    const { stdout, stderr } = spawnSync(process.execPath, [...Object.values(FLAGS), '-e', ''], {
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe('');
    const unknown = spawnSync(process.execPath, ['--no-such-flag', '-e', ''], { encoding: 'utf8' });
    expect(unknown.stderr).not.toBe('');
  });
});
