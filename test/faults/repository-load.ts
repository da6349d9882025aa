import { loadConfiguration } from '#config';
import {
  DatabaseConnection,
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  MongoRepository,
} from '#database';
import { Schema } from 'mongoose';

/** What the load writes: lines that are inserted once, and one counter a writer. */
export interface Entry {
  _id: string;
  writer: number;
  n: number;
  text: string;
}

export class EntryRepository extends MongoRepository<Entry> {}

const schema = new Schema<Entry>({
  _id: { type: String, required: true },
  writer: { type: Number, required: true },
  n: { type: Number, default: 0 },
  text: { type: String, default: '' },
});

/** A connection of the library, as the service has it, and a repository on it. */
export async function connectEntries(
  uri: string,
  environment: Record<string, string> = {},
): Promise<{ connection: DatabaseConnection; entries: EntryRepository }> {
  const connection = new DatabaseConnection(loadConfiguration({ MONGODB_URI: uri, ...environment }).database);
  const entries = new EntryRepository(connection.mongoose.model('Entry', schema), connection);
  connection.start();
  await connection.whenSettled();
  return { connection, entries };
}

export interface LoadOptions {
  writers?: number;
  readers?: number;
  /** Characters of text in each line. */
  textLength?: number;
}

/** A call that failed, and when, in milliseconds since the load began. */
export interface Failure {
  at: number;
  call: string;
  error: unknown;
}

/** How a load differs from what was acknowledged to it. */
export interface Difference {
  /** Acknowledged lines that are not there, and acknowledged increments that are not in a counter. */
  lost: number;
  /** Increments that a counter holds beyond those acknowledged and those with an unclear outcome. */
  doubled: number;
}

/**
 * Writers and readers that use a repository as fast as it answers, and remember what it has acknowledged. Each writer inserts lines
 * with ids of its own and increments a counter; each reader asks for lines that are known to be there.
 */
export class Load {
  readonly acknowledged: string[] = [];
  readonly writeFailures: Failure[] = [];
  readonly readFailures: Failure[] = [];
  /** Reads that were answered without a line that was acknowledged before. */
  readonly missed: string[] = [];
  reads = 0;
  readonly #entries: EntryRepository;
  readonly #textLength: number;
  readonly #startedAt = performance.now();
  readonly #increments = new Map<number, { acknowledged: number; unclear: number }>();
  readonly #runs: Promise<void>[];
  #lastAckAt = 0;
  #longestGapMs = 0;
  #isOver = false;

  private constructor(entries: EntryRepository, { writers = 8, readers = 4, textLength = 0 }: LoadOptions) {
    this.#entries = entries;
    this.#textLength = textLength;
    this.#runs = [
      ...Array.from({ length: writers }, (_, writer) => this.#write(writer)),
      ...Array.from({ length: readers }, (_, reader) => this.#read(reader)),
    ];
  }

  /** Makes the counters and begins. */
  static async start(entries: EntryRepository, options: LoadOptions = {}): Promise<Load> {
    const { writers = 8 } = options;
    for (let writer = 0; writer < writers; writer += 1)
      await entries.upsert({ _id: counterId(writer) }, { writer });
    return new Load(entries, options);
  }

  /** Milliseconds since the load began. */
  get now(): number {
    return performance.now() - this.#startedAt;
  }

  /** Longest time without any acknowledged write, in milliseconds. */
  get longestGapMs(): number {
    return Math.max(this.#longestGapMs, this.#isOver ? 0 : this.now - this.#lastAckAt);
  }

  get failures(): Failure[] {
    return [...this.writeFailures, ...this.readFailures];
  }

  /** Failures that HTTP would not answer with 503. */
  get unnamedFailures(): Failure[] {
    return this.failures.filter(
      ({ error }) => !(error instanceof DatabaseUnavailableError || error instanceof DatabaseTimeoutError),
    );
  }

  /** Lets every call under way end. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#runs);
  }

  /**
   * Compares with what is stored; after {@link stop}.
   *
   * @param entries - On a healthy connection
   */
  async compare(entries: EntryRepository): Promise<Difference> {
    const stored = new Map<string, number>();
    for await (const { _id, n } of entries.stream({})) stored.set(_id, n);
    let lost = this.acknowledged.filter((id) => !stored.has(id)).length;
    let doubled = 0;
    for (const [writer, { acknowledged, unclear }] of this.#increments) {
      const counted = stored.get(counterId(writer)) ?? 0;
      lost += Math.max(0, acknowledged - counted);
      doubled += Math.max(0, counted - acknowledged - unclear);
    }
    return { lost, doubled };
  }

  async #write(writer: number): Promise<void> {
    const text = 'x'.repeat(this.#textLength);
    const increments = { acknowledged: 0, unclear: 0 };
    this.#increments.set(writer, increments);
    for (let i = 0; !this.#isOver; i += 1) {
      const _id = `${writer}-${i}`;
      if (await this.#try('insert', async () => this.#entries.insert({ _id, writer, n: i, text })))
        this.acknowledged.push(_id);
      const hasCounted = await this.#try('updateById', async () =>
        this.#entries.updateById(counterId(writer), { $inc: { n: 1 } }),
      );
      increments[hasCounted ? 'acknowledged' : 'unclear'] += 1;
    }
  }

  async #try(call: string, write: () => Promise<unknown>): Promise<boolean> {
    try {
      await write();
    } catch (error) {
      this.writeFailures.push({ at: this.now, call, error });
      return false;
    }
    this.#longestGapMs = Math.max(this.#longestGapMs, this.now - this.#lastAckAt);
    this.#lastAckAt = this.now;
    return true;
  }

  async #read(reader: number): Promise<void> {
    for (let i = reader; !this.#isOver; i += 1) {
      const known = this.acknowledged.at(-1) ?? counterId(0);
      const [name, ask] = READS[i % READS.length] ?? ['none', async () => false];
      try {
        if (!(await ask(this.#entries, known))) this.missed.push(`${name} ${known}`);
        this.reads += 1;
      } catch (error) {
        this.readFailures.push({ at: this.now, call: name, error });
      }
    }
  }
}

/** Ways to ask for a line that is there; they tell whether it was. */
const READS: [name: string, ask: (entries: EntryRepository, id: string) => Promise<boolean>][] = [
  ['findById', async (entries, id) => (await entries.findById(id)) !== null],
  ['find', async (entries, _id) => (await entries.find({ _id })).length === 1],
  ['find of many', async (entries) => (await entries.find({}, { limit: 20 })).length > 0],
  ['findPage', async (entries) => (await entries.findPage({}, { limit: 20 })).items.length > 0],
  ['count', async (entries, _id) => (await entries.count({ _id })) === 1],
  ['distinct', async (entries, _id) => (await entries.distinct('writer', { _id })).length === 1],
];

function counterId(writer: number): string {
  return `counter-${writer}`;
}
