import { access, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BackupError } from '../backup/backup.error.ts';
import { readDumpText, SUFFIX } from '../backup/dump-format/compression.ts';
import { parseMetadata } from '../backup/dump-format/metadata-json.ts';
import { BUCKETS_PREFIX, fromFileStem, toFileStem } from '../backup/dump-format/names.ts';
import { storageOf, type DumpCollection } from './dump.ts';
import type { DataFile } from './read-files.ts';

const DATA = '.bson';
const METADATA = '.metadata.json';
const PRELUDE = 'prelude.json';
const OPLOG = 'oplog';
/** Of MongoDB itself: users and roles, and state of a cluster. */
const SERVER_DATABASES = ['admin', 'config', 'local'];

/** What a folder of one database holds. */
export interface FolderContent {
  collections: DumpCollection[];
  files: DataFile[];
  serverVersion: string | undefined;
  notes: string[];
}

/** Whether a file or folder of this name exists. */
export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The databases below a folder, or the one whose folder it is. Their names stand there as they are; only files have theirs encoded. */
export async function databasesIn(folder: string): Promise<{ name: string; folder: string }[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const isOneDatabase = entries.some(
    (entry) => entry.isFile() && isOfCollection(entry.name) && stemOf(entry.name) !== OPLOG,
  );
  if (isOneDatabase) return [{ name: basename(resolve(folder)), folder }];
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && !SERVER_DATABASES.includes(entry.name))
      .map(async ({ name }) => {
        const path = join(folder, name);
        const files = await readdir(path);
        return files.some(isOfCollection) ? [{ name, folder: path }] : [];
      }),
  );
  return found.flat();
}

/**
 * What mongodump wrote for one database.
 *
 * @param root - Of the whole dump, where the oplog and the prelude may be
 */
export async function readFolder(folder: string, root: string): Promise<FolderContent> {
  const names = (await readdir(folder)).toSorted();
  const collections: DumpCollection[] = [];
  const files: DataFile[] = [];
  const notes: string[] = [];
  for (const stem of new Set(names.filter(isOfCollection).map(stemOf))) {
    const metadataFile = names.find((name) => isOf(name, stem, METADATA));
    const dataFile = names.find((name) => isOf(name, stem, DATA));
    const fallback = nameOf(stem) ?? stem;
    // Somebody has called it so.
    if (nameOf(stem) === undefined && metadataFile === undefined) throw strangeName(dataFile ?? stem, stem);
    const text = metadataFile === undefined ? '{}' : await readDumpText(join(folder, metadataFile));
    const { collection: name, type, options, indexes } = parseMetadata(text, fallback);
    if (dataFile !== undefined) files.push({ collection: name, path: join(folder, dataFile) });
    if (name.startsWith(BUCKETS_PREFIX)) continue;
    if (metadataFile === undefined)
      notes.push(`There are no metadata of ${name}: options and indexes are lost`);
    const storedAs = storageOf({ name, type });
    collections.push({ name, type, storedAs, options, indexes, documents: undefined });
  }
  for (const { name, storedAs } of collections) {
    if (storedAs === undefined || files.some(({ collection }) => collection === storedAs)) continue;
    throw new BackupError('BACKUP_DAMAGED', `The backup is damaged: the documents of ${name} are missing`);
  }
  const inRoot = await readdir(root);
  if (inRoot.some((name) => isOf(name, OPLOG, DATA))) notes.push(OPLOG_NOTE);
  return { collections, files, serverVersion: await readServerVersion([folder, root]), notes };
}

/** Of a dump with `--oplog`. */
export const OPLOG_NOTE =
  'The dump was made with --oplog. Its oplog is not replayed: documents that changed during the dump are as they were read';

async function readServerVersion(folders: readonly string[]): Promise<string | undefined> {
  for (const path of folders.flatMap((folder) =>
    [PRELUDE, PRELUDE + SUFFIX.gzip].map((name) => join(folder, name)),
  )) {
    if (!(await isThere(path))) continue;
    const { ServerVersion: version } = JSON.parse(await readDumpText(path)) as { ServerVersion?: unknown };
    if (typeof version === 'string') return version;
  }
  return undefined;
}

function isOfCollection(name: string): boolean {
  return [DATA, METADATA].some((kind) => plainName(name).endsWith(kind));
}

function stemOf(name: string): string {
  const plain = plainName(name);
  return plain.slice(0, plain.endsWith(METADATA) ? -METADATA.length : -DATA.length);
}

/** @returns `undefined` when mongodump would have encoded it in another way */
function nameOf(stem: string): string | undefined {
  try {
    return fromFileStem(stem);
  } catch {
    return undefined;
  }
}

function strangeName(file: string, stem: string): BackupError {
  const other = toFileStem(stem) + file.slice(stem.length);
  return new BackupError('BACKUP_DAMAGED', `mongodump gives no file the name ${file}`, {
    nextStep: `call it as it was called; if the collection is called ${stem}, that is ${other}`,
  });
}

function isOf(name: string, stem: string, kind: string): boolean {
  return plainName(name) === stem + kind;
}

/** Without what tells the compression. */
function plainName(name: string): string {
  const suffix = [SUFFIX.gzip, SUFFIX.zstd].find((each) => name.endsWith(each)) ?? '';
  return suffix === '' ? name : name.slice(0, -suffix.length);
}
