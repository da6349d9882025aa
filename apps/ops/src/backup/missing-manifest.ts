import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readArchiveEvents } from '../restore/read-files.ts';
import { BackupError } from './backup.error.ts';
import { readDumpText } from './dump-format/compression.ts';
import { isMarkedMetadata } from './dump-format/metadata-json.ts';
import { TOOL_NAME } from './dump-format/names.ts';
import { hasManifest, MANIFEST_FILE } from './manifest.ts';
import { PROOF_FILE } from './proof.ts';

/** Of a database, compressed or not. */
const IN_DATABASE = /(?:^prelude\.json|\.metadata\.json)(?:\.gz)?$/;

/**
 * Whether this is what is left of a backup whose manifest was not copied, or went. To everybody else it is a dump by mongodump, and
 * half of it passes for the whole: what tells is the proof, the prelude, and the metadata of each collection.
 *
 * @param path - A folder or an archive, as somebody gave it. What is in a folder with a manifest is a part of that
 */
export async function isWithoutManifest(path: string): Promise<boolean> {
  const parent = dirname(path);
  if ((await hasManifest(path)) || (await hasManifest(parent))) return false;
  return (await isProof(join(parent, PROOF_FILE))) || (await isOurs(path));
}

/** What to say of {@link isWithoutManifest}. */
export function manifestMissing(cause?: unknown): BackupError {
  const message = `This is of a backup whose ${MANIFEST_FILE} is missing: nobody can tell whether it is all of it`;
  return new BackupError('BACKUP_DAMAGED', message, {
    cause,
    nextStep:
      'copy the whole folder of the backup again; where there is no other copy, mongorestore takes what is here, unproven',
  });
}

async function isOurs(path: string): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  // What cannot be read is named by whoever reads it for its content.
  if (!entries) return isOurArchive(path);
  if ((await isProof(join(path, PROOF_FILE))) || (await isOurDatabase(path))) return true;
  for (const entry of entries) {
    const inner = join(path, entry.name);
    if (
      entry.isDirectory()
        ? await isOurDatabase(inner)
        : entry.name.includes('.archive') && (await isOurArchive(inner))
    )
      return true;
  }
  return false;
}

async function isOurDatabase(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => IN_DATABASE.test(each))) {
    const text = await readDumpText(join(folder, name)).catch(() => '');
    if (name.startsWith('prelude.json') ? isOurPrelude(text) : isMarkedMetadata(text)) return true;
  }
  return false;
}

function isOurPrelude(text: string): boolean {
  try {
    return (JSON.parse(text) as { ToolVersion?: unknown }).ToolVersion === TOOL_NAME;
  } catch {
    return false;
  }
}

async function isOurArchive(path: string): Promise<boolean> {
  try {
    for await (const event of readArchiveEvents(path)) {
      return event.kind === 'prelude' && event.toolVersion === TOOL_NAME;
    }
  } catch {
    // Of nobody, or cut off before it says of whom.
  }
  return false;
}

/** Others have files of this name as well. */
async function isProof(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.includes('"isGood"') && text.includes('"sha256"');
}
