import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('npm run test:soak', () => {
  it('sends, counts, judges and draws, also when it is short', () => {
    const out = mkdtempSync(join(tmpdir(), 'soak-'));
    const command = [join(import.meta.dirname, 'main.ts'), '--minutes', '0.1', '--out', out];
    try {
      const { stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^met +acknowledged writes lost: 0, at most 0$/m);
      expect(stdout).toMatch(/^A46: [1-9]\d* requests, [1-9]\d* contacts, 0 kills, /m);
      expect(readFileSync(join(out, 'soak.svg'), 'utf8')).toContain('<svg');
    } finally {
      rmSync(out, { recursive: true });
    }
  });
});
