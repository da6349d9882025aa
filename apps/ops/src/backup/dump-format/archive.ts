import { mongo } from 'mongoose';
import { BackupError } from '../backup.error.ts';
import { documentSize, takeDocuments } from './bson-walk.ts';
import { Crc64 } from './crc64.ts';
import { BUCKETS_PREFIX } from './names.ts';

const { BSON } = mongo;
/** The first four bytes of an archive. */
const MAGIC = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
/** Ends a block: no document has this size. */
const TERMINATOR = Buffer.alloc(4, 0xff);
const FORMAT_VERSION = '0.1';

export interface Namespace {
  database: string;
  collection: string;
}

/** What the archive says at its start about one collection. */
export interface ArchivedCollection extends Namespace {
  /** Text of what would be its metadata file; empty where there is none, as for an oplog. */
  metadata: string;
  /** `collection`, `view`, `timeseries`, or empty in archives of old versions. */
  type: string;
}

export interface Prelude {
  serverVersion: string;
  toolVersion: string;
  /** How many collections may be mixed with each other. */
  concurrentCollections: number;
  collections: ArchivedCollection[];
}

export type ArchiveEvent =
  | ({ kind: 'prelude' } & Prelude)
  | ({ kind: 'documents'; documents: Buffer[] } & Namespace)
  /** Everything of this collection has come, and its CRC is right. */
  | ({ kind: 'end' } & Namespace);

/** What an archive begins with. */
export function encodePrelude({
  serverVersion,
  toolVersion,
  concurrentCollections,
  collections,
}: Prelude): Buffer {
  const header = {
    concurrent_collections: concurrentCollections,
    version: FORMAT_VERSION,
    server_version: serverVersion,
    tool_version: toolVersion,
  };
  const entries = collections.map(({ database, collection, metadata, type }) =>
    BSON.serialize({ db: database, collection, metadata, size: 0, type }),
  );
  return Buffer.concat([MAGIC, BSON.serialize(header), ...entries, TERMINATOR]);
}

/** Writes the documents of one collection into an archive that others may write to as well. */
export class ArchivedStream {
  readonly #namespace: Namespace;
  readonly #crc = new Crc64();

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /**
   * A block of documents.
   *
   * @param documents - Whole ones, one behind the other, at least one
   * @returns What is to be written, without anything in between
   */
  block(documents: Buffer): Buffer[] {
    this.#crc.update(documents);
    return [this.#header(false, 0n), documents, TERMINATOR];
  }

  /** What follows the last block. */
  end(): Buffer[] {
    return [this.#header(true, this.#crc.digest()), TERMINATOR];
  }

  #header(isEnd: boolean, crc: bigint): Buffer {
    const { database, collection } = this.#namespace;
    return Buffer.from(BSON.serialize({ db: database, collection, EOF: isEnd, CRC: crc }));
  }
}

/**
 * Reads an archive, of ours or of mongodump.
 *
 * @param chunks - Its bytes, after decompression
 * @throws {@link BackupError} `BACKUP_NOT_FOUND` when this is no archive; `BACKUP_DAMAGED` when it is cut off, lacks a collection, or
 *   a CRC is wrong
 */
export async function* readArchive(chunks: AsyncIterable<Buffer>): AsyncGenerator<ArchiveEvent> {
  const reader = new ArchiveReader();
  let rest: Buffer[] = [];
  let restBytes = 0;
  let missing = MAGIC.length;
  for await (const chunk of chunks) {
    rest.push(chunk);
    restBytes += chunk.length;
    if (restBytes < missing) continue;
    const bytes = rest.length === 1 ? chunk : Buffer.concat(rest, restBytes);
    const end = yield* reader.read(bytes);
    rest = end < bytes.length ? [bytes.subarray(end)] : [];
    restBytes = bytes.length - end;
    missing = reader.missing;
  }
  reader.finish(restBytes);
}

class ArchiveReader {
  /** How many bytes are needed to go on. */
  missing = MAGIC.length;
  #hasMagic = false;
  #hasCatalog = false;
  #prelude: Prelude | undefined;
  /** `undefined` between blocks. */
  #current: Namespace | undefined;
  readonly #sums = new Map<string, Crc64>();
  readonly #ended = new Set<string>();

  /** @returns Where the bytes that are used end */
  *read(bytes: Buffer): Generator<ArchiveEvent, number> {
    let at = 0;
    if (!this.#hasMagic) {
      if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
        throw new BackupError('BACKUP_NOT_FOUND', 'This file is no archive of mongodump');
      }
      this.#hasMagic = true;
      at = MAGIC.length;
    }
    for (;;) {
      this.missing = TERMINATOR.length;
      if (at + TERMINATOR.length > bytes.length) return at;
      if (bytes.readInt32LE(at) === -1) {
        at += TERMINATOR.length;
        yield* this.#endBlock();
        continue;
      }
      const isBody = this.#prelude !== undefined && this.#current !== undefined;
      const read = isBody ? yield* this.#readBody(bytes, at) : yield* this.#readHeader(bytes, at);
      if (read === 0) return at;
      at += read;
    }
  }

  /** @param restBytes - How many bytes were left over */
  finish(restBytes: number): void {
    if (restBytes > 0 || !this.#prelude || !this.#hasCatalog || this.#current)
      throw damaged('the archive is cut off');
    for (const [name] of this.#sums) {
      if (!this.#ended.has(name)) throw damaged('the archive is cut off');
    }
    for (const { database, collection, type, metadata } of this.#prelude.collections) {
      const names = [collection, `${BUCKETS_PREFIX}${collection}`].map((name) =>
        keyOf({ database, collection: name }),
      );
      const isView = type === 'view' || (type === '' && metadata.includes('"viewOn"'));
      if (!isView && !names.some((name) => this.#ended.has(name)))
        throw damaged('the archive lacks a collection');
    }
  }

  *#readBody(bytes: Buffer, at: number): Generator<ArchiveEvent, number> {
    // Something that is neither a document nor the terminator.
    documentSize(bytes, at);
    const limit = endOfDocuments(bytes, at);
    const { documents, end, next } = takeDocuments(bytes.subarray(at, limit));
    this.missing = next;
    if (documents.length > 0 && this.#current) {
      this.#sumOf(this.#current).update(bytes.subarray(at, at + end));
      yield { kind: 'documents', ...this.#current, documents };
    }
    return end;
  }

  // oxlint-disable-next-line require-yield
  *#readHeader(bytes: Buffer, at: number): Generator<ArchiveEvent, number> {
    const size = documentSize(bytes, at);
    if (size === undefined || at + size > bytes.length) {
      this.missing = size ?? TERMINATOR.length;
      return 0;
    }
    const document = BSON.deserialize(bytes.subarray(at, at + size), { useBigInt64: true });
    if (!this.#prelude) this.#prelude = { ...toPrelude(document), collections: [] };
    else if (!this.#hasCatalog) this.#prelude.collections.push(toArchivedCollection(document));
    else this.#openBlock(document);
    return size;
  }

  #openBlock({ db, collection, EOF, CRC }: mongo.BSON.Document): void {
    if (typeof db !== 'string' || typeof collection !== 'string')
      throw damaged('a block of the archive has no name');
    const namespace = { database: db, collection };
    const key = keyOf(namespace);
    if (this.#ended.has(key)) throw damaged('a collection goes on after its end');
    const sum = this.#sumOf(namespace);
    if (EOF === true) {
      if (sum.digest() !== CRC) throw damaged('the CRC of a collection is wrong');
      this.#ended.add(key);
    }
    this.#current = namespace;
  }

  *#endBlock(): Generator<ArchiveEvent> {
    if (!this.#prelude) throw damaged('the archive has no beginning');
    if (!this.#hasCatalog) {
      this.#hasCatalog = true;
      yield { kind: 'prelude', ...this.#prelude };
      return;
    }
    if (!this.#current) throw damaged('a block of the archive has no name');
    if (this.#ended.has(keyOf(this.#current))) yield { kind: 'end', ...this.#current };
    this.#current = undefined;
  }

  #sumOf(namespace: Namespace): Crc64 {
    const key = keyOf(namespace);
    const sum = this.#sums.get(key) ?? new Crc64();
    this.#sums.set(key, sum);
    return sum;
  }
}

/** Where the terminator is, or the end of the bytes. */
function endOfDocuments(bytes: Buffer, start: number): number {
  let at = start;
  while (at + 4 <= bytes.length) {
    const size = bytes.readInt32LE(at);
    if (size <= 0) return at;
    at += size;
  }
  return bytes.length;
}

function keyOf({ database, collection }: Namespace): string {
  return `${database}.${collection}`;
}

function toPrelude(header: mongo.BSON.Document): Omit<Prelude, 'collections'> {
  return {
    serverVersion: String(header.server_version ?? ''),
    toolVersion: String(header.tool_version ?? ''),
    concurrentCollections: Number(header.concurrent_collections ?? 1),
  };
}

function toArchivedCollection(entry: mongo.BSON.Document): ArchivedCollection {
  const { db, collection, metadata, type } = entry;
  return {
    database: String(db),
    collection: String(collection),
    metadata: String(metadata ?? ''),
    type: String(type ?? ''),
  };
}

function damaged(what: string): BackupError {
  return new BackupError('BACKUP_DAMAGED', `The backup is damaged: ${what}`);
}
