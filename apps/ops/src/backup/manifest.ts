import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Joi from 'joi';
import { BackupError, isAbsent, unreadable } from './backup.error.ts';

/** Name of the manifest in the folder of a backup. */
export const MANIFEST_FILE = 'manifest.json';
/** Stands in the place of the manifest until the backup is complete, so that nobody takes it for a dump without one. */
export const UNFINISHED = '{ "unfinished": true }\n';
/** In an unfinished backup: the process that writes it. */
export const OWNER_FILE = '.owner.json';
const FORMAT = 'openai-outreach-backup';
const VERSION = 1;

/** `directory`: one file per collection; `archive`: one file for all. Both as mongodump writes them. */
export type Layout = 'directory' | 'archive';
export type Compression = 'none' | 'gzip' | 'zstd';

/** Whether every document was read as of one moment. */
export type Consistency =
  | {
      kind: 'snapshot';
      /** The moment, as the server's cluster time: seconds since 1970 and a counter. */
      clusterTime: { t: number; i: number };
      /** Collections that the server cannot read as of a moment (capped ones), and that were read as they were. */
      exceptions: string[];
    }
  | {
      kind: 'none';
      /** Why not, in one sentence. */
      reason: string;
    };

export interface ManifestCollection {
  name: string;
  type: 'collection' | 'view' | 'timeseries';
  /** Documents in the dump: of a time series the documents of its bucket collection, of a view none. */
  documents: number;
  /** Of its documents as BSON, before compression. */
  sizeBytes: number;
  /** Options as `listCollections` gave them: BSON as base64, with the order of fields and every type kept. */
  optionsBson: string;
  /** Indexes as `listIndexes` gave them: BSON as base64 each. */
  indexesBson: string[];
  /** The collection that holds its documents, `system.buckets.…` for a time series; `null` for a view. */
  storedAs: string | null;
  /** Path of the file with its documents, from the folder of the backup, with `/`; `null` for a view. */
  dataFile: string | null;
}

export interface ManifestFile {
  /** From the folder of the backup, with `/`. */
  path: string;
  sizeBytes: number;
  /** Of the file as it is on disk, in lower-case hex. */
  sha256: string;
}

/** What a backup holds and how it was made: `manifest.json` in its folder. It is written last and names every other file. */
export interface Manifest {
  format: typeof FORMAT;
  version: typeof VERSION;
  /** Start and end as ISO 8601. */
  startedAt: string;
  finishedAt: string;
  /** Name of the database; its files are in a folder of that name. */
  database: string;
  layout: Layout;
  compression: Compression;
  consistency: Consistency;
  server: {
    version: string;
    /** `null` where the user may not read it. */
    featureCompatibilityVersion: string | null;
    topology: 'standalone' | 'replica-set' | 'sharded';
  };
  tool: { driver: string; node: string };
  /** In the order of their names. */
  collections: ManifestCollection[];
  /** Every file of the backup except this one and the proof. */
  files: ManifestFile[];
  totals: {
    documents: number;
    /** As BSON, before compression. */
    sizeBytes: number;
    /** On disk. */
    storedBytes: number;
  };
}

const count = Joi.number().integer().min(0).required();
const text = Joi.string().required();
/** No way out of the folder. */
const path = Joi.string()
  .pattern(/^[^/\\\0][^\\\0]*$/)
  .pattern(/(^|\/)\.{1,2}(\/|$)/, { invert: true });
const base64 = Joi.string().base64();

const schema = Joi.object<Manifest>({
  format: Joi.valid(FORMAT).required(),
  version: Joi.valid(VERSION).required(),
  startedAt: text.isoDate(),
  finishedAt: text.isoDate(),
  database: text,
  layout: Joi.valid('directory', 'archive').required(),
  compression: Joi.valid('none', 'gzip', 'zstd').required(),
  consistency: Joi.alternatives(
    Joi.object({
      kind: Joi.valid('snapshot').required(),
      clusterTime: Joi.object({ t: count, i: count }).required(),
      exceptions: Joi.array().items(Joi.string()).required(),
    }),
    Joi.object({ kind: Joi.valid('none').required(), reason: text }),
  ).required(),
  server: Joi.object({
    version: text,
    featureCompatibilityVersion: Joi.string().allow(null).required(),
    topology: Joi.valid('standalone', 'replica-set', 'sharded').required(),
  }).required(),
  tool: Joi.object({ driver: text, node: text }).required(),
  collections: Joi.array()
    .items(
      Joi.object({
        name: text,
        type: Joi.valid('collection', 'view', 'timeseries').required(),
        documents: count,
        sizeBytes: count,
        optionsBson: base64.required(),
        indexesBson: Joi.array().items(base64).required(),
        storedAs: Joi.string().allow(null).required(),
        dataFile: path.allow(null).required(),
      }),
    )
    .unique('name')
    .required(),
  files: Joi.array()
    .items(
      Joi.object({
        path: path.required(),
        sizeBytes: count,
        sha256: Joi.string().hex().length(64).required(),
      }),
    )
    .unique('path')
    .required(),
  totals: Joi.object({ documents: count, sizeBytes: count, storedBytes: count }).required(),
});

/** The text of the file: one line per entry, and the SHA-256 of what it says as the last line. */
export function formatManifest(manifest: Manifest): string {
  return seal(manifest);
}

/**
 * Reads and checks the manifest of a backup.
 *
 * @param folder - Of the backup
 * @throws {@link BackupError} `BACKUP_NOT_FOUND`, `BACKUP_UNREADABLE`, `BACKUP_UNFINISHED`, `BACKUP_TOO_NEW`, `BACKUP_DAMAGED` when one
 *   byte of it has changed
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const bytes = await readFile(join(folder, MANIFEST_FILE)).catch((error: unknown) => {
    if (!isAbsent(error)) throw unreadable(MANIFEST_FILE, error);
    const nextStep = 'name the folder of a backup that "ops backup list" shows';
    throw new BackupError('BACKUP_NOT_FOUND', `There is no ${MANIFEST_FILE} in this folder`, {
      cause: error,
      nextStep,
    });
  });
  return parseManifest(bytes.toString());
}

/** Whether a folder is that of a backup, finished or not, damaged or not. Others have files of this name as well. */
export async function hasManifest(folder: string): Promise<boolean> {
  const content = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return '';
    throw unreadable(MANIFEST_FILE, error);
  });
  return content === UNFINISHED || content.includes(FORMAT);
}

/** As {@link readManifest}, from the text of the file. */
export function parseManifest(content: string): Manifest {
  if (content === UNFINISHED) throw new BackupError('BACKUP_UNFINISHED', 'This backup was never finished');
  const unsealed = unseal(content, MANIFEST_FILE);
  const { version } = unsealed as { version?: unknown };
  if (typeof version === 'number' && version > VERSION) {
    throw new BackupError('BACKUP_TOO_NEW', 'The backup was written by a later version of this tool');
  }
  const { value, error } = schema.validate(unsealed, { convert: false });
  if (error)
    throw new BackupError('BACKUP_DAMAGED', `${MANIFEST_FILE} is not valid: ${error.message}`, {
      cause: error,
    });
  return value;
}

/** JSON whose last line is its own checksum, so that every changed byte is found. */
export function seal(content: object): string {
  return toText(content, checksum(content));
}

/** @throws {@link BackupError} `BACKUP_DAMAGED` when the text is not exactly what {@link seal} made */
export function unseal(content: string, name: string): object {
  try {
    const { sha256, ...rest } = JSON.parse(content) as { sha256?: unknown };
    if (sha256 === checksum(rest) && content === toText(rest, sha256)) return rest;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new BackupError('BACKUP_DAMAGED', `${name} is not as it was written`);
}

function toText(content: object, sha256: string): string {
  return `${JSON.stringify({ ...content, sha256 }, null, 1)}\n`;
}

function checksum(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
