import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** Beside the bundle. */
export const LICENCES_FILE = 'LICENSES.txt';

const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const HAS_TEXT = /^(?:licen[cs]e|copying|notice)/i;
const RULE = `\n${'-'.repeat(80)}\n\n`;

/**
 * Writes the name, version, licence and licence texts of every package that bundles are made of: most licences ask that their text goes
 * along, and in a bundle only some comments of it are left.
 *
 * @param folder - That of the bundles
 */
export async function writeLicenceTexts(
  root: string,
  folder: string,
  metafiles: readonly Metafile[],
): Promise<void> {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const packages = [...new Set(inputs.flatMap((path) => PACKAGE.exec(path) ?? []))].toSorted();
  const texts = await Promise.all(packages.map(async (path) => describe(join(root, path))));
  await writeFile(join(folder, LICENCES_FILE), texts.join(RULE));
}

async function describe(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as Record<string, string>;
  const files = (await readdir(folder)).filter((file) => HAS_TEXT.test(file)).toSorted();
  const texts = await Promise.all(files.map(async (file) => readFile(join(folder, file), 'utf8')));
  return [`${name} ${version}, ${license}`, ...texts.map((text) => text.trim())].join('\n\n') + '\n';
}
