import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

describe('docs/testing.md', () => {
  it('shows examples that are files of the repository, and so compiled and run', async () => {
    const markdown = await readFile(join(ROOT, 'docs/testing.md'), 'utf8');
    const examples = [...markdown.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)];
    expect(examples).toHaveLength([...markdown.matchAll(/^```ts$/gm)].length);
    expect(examples.length).toBeGreaterThan(1);
    for (const [, path = '', code] of examples) expect(code).toBe(await readFile(join(ROOT, path), 'utf8'));
  });

  it('names parts that there are', async () => {
    const markdown = await readFile(join(ROOT, 'docs/testing.md'), 'utf8');
    const parts = [...markdown.matchAll(/^\| `(\w+)` +\| `([\w-]+\.ts)`/gm)];
    expect(parts.length).toBeGreaterThan(8);
    for (const [, name, file = ''] of parts) {
      const source = await readFile(join(ROOT, 'test/support', file), 'utf8');
      expect(source).toMatch(new RegExp(String.raw`^export .*\b${name}\b`, 'm'));
    }
  });
});
