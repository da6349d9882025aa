import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isAllowed } from '../../tools/supply/licence-rules.ts';
import { readLockFile, type LockedPackage } from '../../tools/supply/lock-file.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** First versions without the advisories that are known of them, by what is shipped. */
const FLOORS: Record<string, [version: string, advisory: string]> = {
  mongoose: ['9.9.2', 'CVE-2026-125120'],
  mongodb: ['7.8.0', 'CVE-2026-119179'],
  '@nestjs/core': ['11.2.4', 'CVE-2026-102281'],
  '@nestjs/platform-fastify': ['11.2.4', 'CVE-2026-102281'],
  fastify: ['5.8.5', 'CVE-2026-33806'],
};

let packages: LockedPackage[];
beforeAll(async () => {
  packages = await readLockFile();
});

describe('package-lock.json', () => {
  it.each(Object.entries(FLOORS))('A44: has every copy of %s from %p', (name, [floor]) => {
    const copies = packages.filter((one) => one.name === name);
    expect(copies).not.toEqual([]);
    expect(copies.filter(({ version }) => isBelow(version, floor))).toEqual([]);
  });

  it('locks the content of every package, and no place to get it from', async () => {
    const text = await readFile(join(ROOT, 'package-lock.json'), 'utf8');
    const lock = JSON.parse(text) as { packages: Record<string, { integrity?: string }> };
    const unlocked = Object.entries(lock.packages).filter(
      ([path, { integrity }]) => path !== '' && !integrity,
    );
    expect(unlocked.map(([path]) => path)).toEqual([]);
    expect(text).not.toContain('"resolved"');
  });

  it('has exact versions for all that package.json names', async () => {
    const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, object>;
    const groups = ['dependencies', 'devDependencies', 'optionalDependencies'];
    const ranges = groups.flatMap((group) => Object.entries(manifest[group] ?? {}) as [string, string][]);
    expect(ranges.length).toBeGreaterThan(20);
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  it('has only packages under licences that are allowed', () => {
    expect(packages.filter((one) => !isAllowed(one))).toEqual([]);
  });
});

describe(isAllowed, () => {
  it.each<[string | undefined, isDevelopment: boolean, expected: boolean]>([
    ['MIT', false, true],
    ['GPL-3.0', true, false],
    ['MPL-2.0', true, true],
    ['MPL-2.0', false, false],
    ['(MIT OR GPL-3.0)', false, true],
    ['Apache-2.0 AND GPL-3.0', true, false],
    ['(MIT OR Apache-2.0) AND GPL-3.0', false, false],
    ['GPL-3.0 AND (MIT OR Apache-2.0)', false, false],
    ['MIT OR Apache-2.0 AND GPL-3.0', false, true],
    ['(GPL-3.0 OR (MIT AND ISC)) AND BSD-3-Clause', false, true],
    ['MIT AND (ISC OR (GPL-3.0))', false, true],
    ['Apache-2.0 WITH LLVM-exception', true, false],
    ['(MIT OR GPL-3.0', true, false],
    ['MIT)', true, false],
    ['MIT ISC', true, false],
    ['', true, false],
    [undefined, true, false],
  ])('of %p, in development %p: %p', (license, isDevelopment, expected) => {
    const one = {
      name: 'a',
      path: 'a',
      version: '1.0.0',
      isDevelopment,
      ...(license !== undefined && { license }),
    };
    expect(isAllowed(one)).toBe(expected);
  });
});

function isBelow(version: string, floor: string): boolean {
  const [a = [], b = []] = [version, floor].map((text) => text.split('-', 1)[0]?.split('.').map(Number));
  const at = [0, 1, 2].find((place) => a[place] !== b[place]);
  return at !== undefined && (a[at] ?? 0) < (b[at] ?? 0);
}
