import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { TOOL_NAME } from '../src/backup/dump-format/names.ts';

type Coding = (bytes: Buffer) => Buffer;
/** As long as ours: an archive counts its bytes. */
const OTHER_TOOL = '100.9.0'.padEnd(TOOL_NAME.length, '0');

/**
 * Takes out of a backup everything by which it is known as one, so that it is what mongodump would have written.
 *
 * @returns What a restore is given: the folder of the database, or the archive
 */
export async function asByMongodump(folder: string): Promise<string> {
  for (const name of ['manifest.json', 'proof.json']) await rm(join(folder, name), { force: true });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const [decode, encode] = codingsOf(path);
    const text = decode(await readFile(path)).toString('latin1');
    await writeFile(path, encode(Buffer.from(text.replaceAll(TOOL_NAME, OTHER_TOOL), 'latin1')));
  }
  const [inner = ''] = await readdir(folder);
  return join(folder, inner);
}

function codingsOf(path: string): [Coding, Coding] {
  if (path.endsWith('.gz')) return [gunzipSync, gzipSync];
  if (path.endsWith('.zst')) return [zstdDecompressSync, zstdCompressSync];
  return [(bytes) => bytes, (bytes) => bytes];
}
