import { mongo } from 'mongoose';
import {
  MAX_BYTES,
  newBulk,
  type Bulk,
  type Command,
  type CommandItem,
  type CommandTarget,
  type SentItem,
} from './command.ts';
import { DocumentBytes } from './document-bytes.ts';

/** Takes the place of a document that is bytes already. Were it ever serialized, that would fail instead of being stored. */
const STAND_IN = {
  toBSON(): never {
    throw new TypeError('This version of the MongoDB driver does not send what it has serialized');
  },
};
const NO_BYTES = Buffer.alloc(0);
/** Of one document, and of the documents that the driver puts into one command. */
const LARGEST_BYTES = 16 * 1_048_576;

/** Memory of commands that have been sent, for those that follow. */
export class SpareBytes {
  readonly #spare: DocumentBytes[] = [];

  take(): DocumentBytes {
    return this.#spare.pop() ?? new DocumentBytes();
  }

  giveBack(bytes: DocumentBytes): void {
    bytes.clear();
    this.#spare.push(bytes);
  }
}

/**
 * Documents that become bytes when they are added, and are let go: a few hundred bytes each in one piece of memory, in place of thousands
 * of objects that outlive several garbage collections while they wait.
 *
 * The driver keeps a bulk insert as bytes and sends them as a document sequence, in which documents follow each other with nothing in
 * between. So it is given all of them as the bytes of the first. Its command events tell how many documents there are, not what is in them.
 *
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#kind-1--document-sequence
 */
export class InsertCommand implements Command {
  readonly group = 'insert';
  readonly #target: CommandTarget;
  readonly #spare: SpareBytes;
  readonly #bulk: Bulk;
  readonly #bytes: DocumentBytes;
  readonly #bsonOptions: mongo.BSON.SerializeOptions;
  readonly #indexes: number[] = [];
  readonly #ids: unknown[] = [];

  private constructor(target: CommandTarget, spare: SpareBytes, bulk: Bulk) {
    this.#target = target;
    this.#spare = spare;
    this.#bulk = bulk;
    this.#bytes = spare.take();
    const { ignoreUndefined = false, serializeFunctions = false } = bulk.bsonOptions;
    this.#bsonOptions = { ignoreUndefined, serializeFunctions };
  }

  /** @returns `undefined` where the driver keeps no bytes, as with automatic encryption */
  static create(target: CommandTarget, spare: SpareBytes): InsertCommand | undefined {
    const bulk = begin(target);
    return bulk.batches[0]?.serializedOperations.length === 1
      ? new InsertCommand(target, spare, bulk)
      : undefined;
  }

  get size(): number {
    return this.#indexes.length;
  }

  get isFull(): boolean {
    return this.#bytes.sizeBytes >= MAX_BYTES;
  }

  add({ index, id, operation }: CommandItem): boolean {
    const { document } = (operation as { insertOne: { document: mongo.Document } }).insertOne;
    const sizeBytes = this.#bytes.add(document, this.#bsonOptions);
    const isTooLarge = sizeBytes >= LARGEST_BYTES;
    if (isTooLarge || (this.size > 0 && this.#bytes.sizeBytes >= LARGEST_BYTES)) {
      this.#bytes.removeLast();
      if (!isTooLarge) return false;
      throw new mongo.MongoInvalidArgumentError(`Document is larger than the maximum size ${LARGEST_BYTES}`);
    }
    this.#indexes.push(index);
    this.#ids.push(id);
    return true;
  }

  async execute(): Promise<mongo.BulkWriteResult> {
    const [batch] = this.#bulk.batches;
    if (!batch) throw new TypeError('A command is sent once');
    const places = this.#indexes.map((_, place) => place);
    batch.operations = places.map(() => STAND_IN);
    batch.serializedOperations = places.map((place) => (place === 0 ? this.#bytes.all() : NO_BYTES));
    batch.originalIndexes = places;
    const result = await this.#bulk.execute(this.#target.driverOptions);
    // After a failure the driver may still be sending.
    this.#spare.giveBack(this.#bytes);
    return result;
  }

  items(): SentItem[] {
    return this.#indexes.map((index, place) => ({ index, id: this.#ids[place] }));
  }

  halves(): Command[] {
    const items = this.items();
    const middle = Math.ceil(items.length / 2);
    return [items.slice(0, middle), items.slice(middle)].map((part, second) => {
      const half = new InsertCommand(this.#target, this.#spare, begin(this.#target));
      for (const [place, { index, id }] of part.entries()) {
        half.#bytes.addBytes(this.#bytes.at(second * middle + place));
        half.#indexes.push(index);
        half.#ids.push(id);
      }
      return half;
    });
  }
}

/** The driver's operation, with one insert in it whose bytes are replaced. */
function begin(target: CommandTarget): Bulk {
  const bulk = newBulk(target);
  bulk.raw({ insertOne: { document: { _id: 0 as unknown as mongo.ObjectId } } });
  return bulk;
}
