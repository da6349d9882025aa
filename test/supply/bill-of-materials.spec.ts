import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readLockFile } from '../../tools/supply/lock-file.ts';

const ROOT = resolve(import.meta.dirname, '../..');

interface Component {
  name: string;
  version: string;
  properties: { name: string }[];
}

/** Runs `npm sbom` with these options, and fails when npm does. */
function list(options: string): Component[] {
  const args = ['sbom', ...options.split(' ')];
  const { status, stdout } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8' });
  expect(status).toBe(0);
  return (JSON.parse(stdout) as { components: Component[] }).components;
}

function toIdentifiers(components: readonly { name: string; version: string }[]): string[] {
  return [...new Set(components.map(({ name, version }) => `${name}@${version}`))].toSorted();
}

describe('the bill of materials', () => {
  it('A44: lists by the command in docs/security.md all that is shipped, and marks what is not', async () => {
    const documentation = await readFile(join(ROOT, 'docs/security.md'), 'utf8');
    const [, options = ''] = /^npm sbom (.+)$/m.exec(documentation) ?? [];
    const shipped = list(options).filter(
      ({ properties }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
    );
    const locked = (await readLockFile()).filter(({ isDevelopment }) => !isDevelopment);
    expect(toIdentifiers(shipped)).toEqual(toIdentifiers(locked));
  });

  it('A44: is also made with --omit=dev, and names Mongoose with its version', async () => {
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    // By the lock file: what else lies in node_modules says nothing about what is shipped.
    const components = list('--sbom-format=cyclonedx --omit=dev --package-lock-only');
    expect(toIdentifiers(components)).toContain(`mongoose@${dependencies.mongoose}`);
    expect(components.filter(({ name }) => name === 'jest')).toEqual([]);
  });
});
