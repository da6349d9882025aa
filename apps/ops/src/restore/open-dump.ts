import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BUCKETS_PREFIX } from '../backup/dump-format/names.ts';
import { parseMetadata } from '../backup/dump-format/metadata-json.ts';
import { hasManifest, MANIFEST_FILE, readManifest, type Manifest } from '../backup/manifest.ts';
import { isWithoutManifest, manifestMissing } from '../backup/missing-manifest.ts';
import { storageOf, takeRestorable, type Dump, type DumpCollection } from './dump.ts';
import { databasesIn, isThere, OPLOG_NOTE, readFolder } from './dump-folder.ts';
import { readArchiveDocuments, readArchiveEvents, readFiles } from './read-files.ts';
import { RestoreError } from './restore.error.ts';
import { verifyByManifest, verifyByWalk } from './verify-dump.ts';

/**
 * Opens a backup of `ops backup create`, or what mongodump wrote: a folder of databases, the folder of one database, an archive.
 *
 * @param database - Which of several; not needed where there is one
 * @throws {@link RestoreError} `DUMP_NOT_FOUND`, `DUMP_DATABASE_UNCLEAR`, `PART_OF_BACKUP`
 * @throws {@link BackupError} When the manifest or metadata cannot be read
 */
export async function openDump(path: string, database?: string): Promise<Dump> {
  const entry = await stat(path).catch((cause: unknown) => {
    throw notFound('There is nothing of this name', cause);
  });
  if (entry.isDirectory() && (await isThere(join(path, MANIFEST_FILE)))) return openBackup(path, database);
  const real = await realpath(path);
  await refusePartOfBackup(real);
  if (await isWithoutManifest(real)) throw manifestMissing();
  if (!entry.isDirectory()) return openArchive(path, database);
  const databases = await databasesIn(path);
  const chosen = choose(
    databases.map(({ name }) => name),
    database,
  );
  const folder = databases.find(({ name }) => name === chosen)?.folder ?? path;
  const { files, serverVersion, ...content } = await readFolder(folder, path);
  const { collections, notes } = takeRestorable(content.collections, content.notes);
  const restored = files.filter(({ collection }) =>
    collections.some(({ storedAs }) => storedAs === collection),
  );
  return {
    database: chosen,
    serverVersion,
    featureCompatibilityVersion: undefined,
    collections,
    notes,
    verify: (options) => verifyByWalk(readFiles(restored), collections, options),
    read: () => readFiles(restored),
  };
}

/** Without the manifest, half a backup passes for a whole dump by mongodump. */
async function refusePartOfBackup(path: string): Promise<void> {
  const parent = dirname(path);
  if (!(await hasManifest(parent))) return;
  throw new RestoreError('PART_OF_BACKUP', 'This is a part of a backup, and only the whole can be checked', {
    nextStep: `name the folder of the backup: ${parent}`,
  });
}

async function openBackup(folder: string, database: string | undefined): Promise<Dump> {
  const manifest = await readManifest(folder);
  choose([manifest.database], database);
  const { server, collections, consistency } = manifest;
  return {
    database: manifest.database,
    serverVersion: server.version,
    featureCompatibilityVersion: server.featureCompatibilityVersion ?? undefined,
    collections: collections.map(({ name, type, documents, storedAs, optionsBson, indexesBson }) => ({
      name,
      type,
      documents,
      storedAs: storedAs ?? undefined,
      options: Buffer.from(optionsBson, 'base64'),
      indexes: indexesBson.map((index) => Buffer.from(index, 'base64')),
    })),
    notes: consistency.kind === 'none' ? [`The backup is not of a single moment: ${consistency.reason}`] : [],
    verify: (options) => verifyByManifest(folder, manifest, options),
    read: () => readBackup(folder, manifest),
  };
}

function readBackup(folder: string, { layout, collections, database }: Manifest): ReturnType<Dump['read']> {
  const files = collections.flatMap(({ storedAs, dataFile }) =>
    storedAs === null || dataFile === null ? [] : [{ collection: storedAs, path: join(folder, dataFile) }],
  );
  const [first] = files;
  if (layout === 'directory' || !first) return readFiles(files);
  const names = files.map(({ collection }) => collection);
  return readArchiveDocuments(first.path, database, names);
}

async function openArchive(path: string, database: string | undefined): Promise<Dump> {
  const events = readArchiveEvents(path);
  const { value: prelude } = await events.next();
  await events.return(undefined);
  if (prelude?.kind !== 'prelude') throw notFound('This file is no archive');
  const users = prelude.collections.filter((each) => !isOfServer(each.database));
  const chosen = choose([...new Set(users.map((each) => each.database))], database);
  const hasOplog = prelude.collections.some(({ collection }) => collection === 'oplog');
  const found = users
    .filter((each) => each.database === chosen && !each.collection.startsWith(BUCKETS_PREFIX))
    .map(({ collection, metadata }): DumpCollection => {
      const { type, options, indexes } = parseMetadata(metadata === '' ? '{}' : metadata, collection);
      const storedAs = storageOf({ name: collection, type });
      return { name: collection, type, storedAs, options, indexes, documents: undefined };
    });
  const { collections, notes } = takeRestorable(found, hasOplog ? [OPLOG_NOTE] : []);
  const names = collections.map(({ storedAs }) => storedAs);
  const read = (): ReturnType<Dump['read']> => readArchiveDocuments(path, chosen, names);
  return {
    database: chosen,
    serverVersion: prelude.serverVersion === '' ? undefined : prelude.serverVersion,
    featureCompatibilityVersion: undefined,
    collections,
    notes,
    verify: (options) => verifyByWalk(read(), collections, options),
    read,
  };
}

function isOfServer(database: string): boolean {
  return ['', 'admin', 'config', 'local'].includes(database);
}

function choose(names: readonly string[], wanted: string | undefined): string {
  const [only, ...others] = names;
  if (only === undefined) throw notFound('There is no dump of a database here');
  const list = names.toSorted().join(', ');
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new RestoreError('DUMP_DATABASE_UNCLEAR', `The dump holds no database ${wanted}, it holds ${list}`);
  }
  if (wanted === undefined && others.length > 0) {
    throw new RestoreError('DUMP_DATABASE_UNCLEAR', `The dump holds several databases: ${list}`, {
      nextStep: 'choose one with --database NAME',
    });
  }
  return wanted ?? only;
}

function notFound(message: string, cause?: unknown): RestoreError {
  const nextStep =
    'name the folder of a backup ("ops backup list"), or what mongodump wrote: its folder or its archive';
  return new RestoreError('DUMP_NOT_FOUND', message, { cause, nextStep });
}
