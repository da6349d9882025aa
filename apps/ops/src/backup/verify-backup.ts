import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Progress } from '../terminal/progress.ts';
import { BackupError, isAbsent, unreadable } from './backup.error.ts';
import { readArchive } from './dump-format/archive.ts';
import { splitDocuments } from './dump-format/bson-walk.ts';
import { readDumpFile } from './dump-format/compression.ts';
import {
  MANIFEST_FILE,
  readManifest,
  type Manifest,
  type ManifestCollection,
  type ManifestFile,
} from './manifest.ts';
import { isWithoutManifest, manifestMissing } from './missing-manifest.ts';
import { PROOF_FILE, readProof } from './proof.ts';
import { ReadBack, type HashFileOptions } from './read-back.ts';
import type { FileHash } from './read-back.worker.ts';

export interface VerifyOptions {
  /** Of the backup. */
  folder: string;
  progress?: Progress | undefined;
  signal?: AbortSignal;
}

export interface VerifyReport {
  manifest: Manifest;
  files: number;
  /** On disk. */
  storedBytes: number;
  documents: number;
  /** What is wrong, one sentence each; empty when the backup is good. */
  problems: string[];
}

/**
 * Reads every byte of a backup: each file has the size and the SHA-256 of the manifest, can be decompressed, and holds as many
 * documents; no file is missing, and none was added.
 *
 * @throws {@link BackupError} When there is no manifest that can be read, or the system cannot read a file: `BACKUP_UNREADABLE`
 */
export async function verifyBackup({ folder, progress, signal }: VerifyOptions): Promise<VerifyReport> {
  const manifest = await readManifest(folder).catch(async (error: unknown) => {
    const isLost = (error as { code?: unknown }).code === 'BACKUP_NOT_FOUND';
    throw isLost && (await isWithoutManifest(resolve(folder))) ? manifestMissing(error) : error;
  });
  const problems = await findDamagedFiles(folder, manifest, { progress, signal });
  problems.push(...(await findStrangers(folder, manifest)));
  await readProof(folder).catch((error: unknown) => problems.push(damage(error)));
  // What is known to be damaged is not looked into.
  if (problems.length === 0) problems.push(...(await findWrongCounts(folder, manifest, signal)));
  const { documents, storedBytes } = manifest.totals;
  return { manifest, files: manifest.files.length, storedBytes, documents, problems };
}

/** Files that are read at the same time, each in a thread. */
const THREADS = Math.min(4, availableParallelism());

/**
 * Files that are missing, or whose size or SHA-256 is not that of the manifest.
 *
 * @throws {@link BackupError} `BACKUP_UNREADABLE` for what the system cannot read
 */
export async function findDamagedFiles(
  folder: string,
  manifest: Manifest,
  { progress, signal }: { progress?: Progress | undefined; signal?: AbortSignal | undefined },
): Promise<string[]> {
  const found: (FileHash | undefined)[] = [];
  const bar = progress?.bar('reading back', manifest.totals.storedBytes, 'bytes');
  const doneBytes = manifest.files.map(() => 0);
  const waiting = [...manifest.files.entries()];
  const work = async (): Promise<void> => {
    const readBack = new ReadBack();
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, { path, sizeBytes }] = next;
        const onProgress = (bytes: number): void => {
          doneBytes[index] = bytes;
          bar?.update(doneBytes.reduce((sum, each) => sum + each, 0));
        };
        found[index] = await hashIfThere(readBack, { folder, path }, { sizeBytes, onProgress, signal });
        onProgress(sizeBytes);
      }
    } finally {
      await readBack.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(THREADS, waiting.length) }, work));
  bar?.finish(manifest.totals.storedBytes);
  return manifest.files.flatMap((file, index) => damageOf(file, found[index]));
}

function damageOf({ path, sizeBytes, sha256 }: ManifestFile, found: FileHash | undefined): string[] {
  if (!found) return [`${path} is missing`];
  if (found.sizeBytes !== sizeBytes) return [`${path} has ${found.sizeBytes} bytes instead of ${sizeBytes}`];
  return found.sha256 === sha256 ? [] : [`${path} is not as it was written`];
}

/** @returns `undefined` when it is missing */
async function hashIfThere(
  readBack: ReadBack,
  { folder, path }: { folder: string; path: string },
  options: HashFileOptions,
): Promise<FileHash | undefined> {
  try {
    return await readBack.hash(join(folder, path), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isAbsent(error)) return undefined;
    throw typeof (error as { code?: unknown }).code === 'string' ? unreadable(path, error) : error;
  }
}

/** Files that the manifest does not name: a restore with other tools would take them for a part of the backup. */
async function findStrangers(folder: string, manifest: Manifest): Promise<string[]> {
  const known = new Set([MANIFEST_FILE, PROOF_FILE, ...manifest.files.map(({ path }) => path)]);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !known.has(path))
    .map((path) => `${path} does not belong to the backup`);
}

async function findWrongCounts(folder: string, manifest: Manifest, signal?: AbortSignal): Promise<string[]> {
  try {
    const counted = await countDocuments(folder, manifest, signal);
    return manifest.collections.flatMap((collection) => {
      const { documents, sizeBytes } = counted.get(placeOf(manifest, collection)) ?? {
        documents: 0,
        sizeBytes: 0,
      };
      if (documents === collection.documents && sizeBytes === collection.sizeBytes) return [];
      return [`${collection.name} holds ${documents} documents instead of ${collection.documents}`];
    });
  } catch (error) {
    return [damage(error)];
  }
}

type Counts = Map<string, { documents: number; sizeBytes: number }>;

async function countDocuments(
  folder: string,
  { layout, collections }: Manifest,
  signal?: AbortSignal,
): Promise<Counts> {
  const counts: Counts = new Map();
  const add = (place: string, documents: Buffer[]): void => {
    const count = counts.get(place) ?? { documents: 0, sizeBytes: 0 };
    count.documents += documents.length;
    for (const { length } of documents) count.sizeBytes += length;
    counts.set(place, count);
  };
  for (const path of new Set(collections.flatMap(({ dataFile }) => dataFile ?? []))) {
    const chunks = readDumpFile(join(folder, path), signal);
    if (layout === 'directory') {
      for await (const documents of splitDocuments(chunks)) add(path, documents);
    } else {
      for await (const event of readArchive(chunks)) {
        if (event.kind === 'documents') add(event.collection, event.documents);
      }
    }
  }
  return counts;
}

/** What tells the documents of a collection from those of others: in a folder the file, in an archive the name they are stored under. */
function placeOf({ layout }: Manifest, { dataFile, storedAs }: ManifestCollection): string {
  return (layout === 'directory' ? dataFile : storedAs) ?? '';
}

/** What is wrong with a backup; what the system cannot read says nothing about that. */
function damage(error: unknown): string {
  if (error instanceof BackupError && error.code !== 'BACKUP_UNREADABLE') return error.message;
  throw error;
}
