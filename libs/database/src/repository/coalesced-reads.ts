import { mongo } from 'mongoose';
import { DocumentInvalidError } from '../errors/database.error.ts';
import type { DriverOptions } from './operation-options.ts';
import { keyOf } from './same-value.ts';

/** Ids of one query at most; the rest of a tick goes into a second one. */
const MAX_IDS = 1_000;

type Id = mongo.Document['_id'];

interface Waiting {
  id: Id;
  resolve: (document: mongo.Document | null) => void;
  reject: (error: unknown) => void;
}

/** Where documents are read, and with which limits. */
export interface CoalescedReadsSource {
  collection: () => mongo.Collection;
  options: () => DriverOptions;
  /** Keeps to the limits of a read, makes up for a lost connection, and names the error. */
  read: <R>(operation: () => Promise<R>) => Promise<R>;
}

/**
 * Joins the reads by `_id` of one turn of the event loop into one query: a command costs far more than a document in it.
 *
 * Each caller gets a document of its own, also when two ask for the same one. When an id makes the joined query one that cannot be sent,
 * each caller's read is made alone, so that nobody fails for another.
 */
export class CoalescedReads {
  private waiting: Waiting[] = [];

  constructor(private readonly source: CoalescedReadsSource) {}

  /**
   * @param id - Cast to the type of `_id` already
   * @returns The document, or `null` when there is none
   */
  async load(id: Id): Promise<mongo.Document | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ id, resolve, reject });
      if (this.waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  private flush(): void {
    const { waiting } = this;
    this.waiting = [];
    for (let start = 0; start < waiting.length; start += MAX_IDS) {
      void this.read(waiting.slice(start, start + MAX_IDS));
    }
  }

  private async read(group: Waiting[]): Promise<void> {
    const [first] = group;
    if (group.length === 1 && first) return this.readAlone(first);
    try {
      const found = await this.find(group.map(({ id }) => id));
      for (const { id, resolve } of group) resolve(takeDocument(found, id));
    } catch (error) {
      // Only what does not fit into one query may do so by itself; a server in trouble is not asked once for each caller.
      if (error instanceof DocumentInvalidError)
        await Promise.all(group.map(async (member) => this.readAlone(member)));
      else for (const { reject } of group) reject(error);
    }
  }

  private async readAlone({ id, resolve, reject }: Waiting): Promise<void> {
    const { source } = this;
    await source
      .read(async () => source.collection().findOne({ _id: id }, source.options()))
      .then(resolve, reject);
  }

  /** Bytes of each document by the text of its id; they are decoded for each caller. */
  private async find(ids: Id[]): Promise<Map<string, Found>> {
    const options = { ...this.source.options(), raw: true, batchSize: ids.length + 1 };
    const documents = await this.source.read(async () =>
      this.source
        .collection()
        .find({ _id: { $in: ids } }, options)
        .toArray(),
    );
    const found = new Map<string, Found>();
    for (const bytes of documents as unknown as Uint8Array[]) {
      const document = mongo.BSON.deserialize(bytes);
      found.set(keyOf(document._id), { bytes, document });
    }
    return found;
  }
}

interface Found {
  bytes: Uint8Array;
  /** Decoded to find its id; the first caller's. */
  document: mongo.Document | null;
}

function takeDocument(found: Map<string, Found>, id: Id): mongo.Document | null {
  const entry = found.get(keyOf(id));
  if (entry === undefined) return null;
  const { document, bytes } = entry;
  entry.document = null;
  return document ?? mongo.BSON.deserialize(bytes);
}
