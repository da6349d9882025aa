import fc from 'fast-check';
import { Schema } from 'mongoose';
import { itemCommands, ItemRepository } from '../../../../test/support/item-commands.ts';
import { ItemModel, type Item } from '../../../../test/support/item-model.ts';
import { TestConnection } from '../../../../test/support/test-connection.ts';

// REPOSITORY_RUNS is the number of sequences, REPOSITORY_SEED the seed that a failure has printed.
const RUNS = Number(process.env.REPOSITORY_RUNS ?? 2_000);
const SEED = Number(process.env.REPOSITORY_SEED ?? Date.now() % 2 ** 31);
const MAX_CALLS = 12;
/** Sequences at once, each in a collection of its own: a write waits for the journal most of its time. */
const LANES = 8;

const schema = new Schema<Item>(
  {
    slug: { type: String, required: true, lowercase: true },
    group: { type: String, enum: ['a', 'b', 'c'], default: 'a' },
    n: { type: Number, default: 0 },
    tags: [String],
    note: String,
  },
  { timestamps: true, versionKey: 'version' },
);
/** Middleware makes every write go through Mongoose. */
const hooked = schema.clone().pre('save', () => undefined);

let context: TestConnection;
beforeAll(async () => {
  context = await TestConnection.start();
});
afterAll(() => context.stop());

async function openLane(lane: number): Promise<ItemRepository> {
  const { connection, database } = context;
  const name = `lane${lane}`;
  await database.db.collection(name).createIndex({ slug: 1 }, { unique: true });
  const model = connection.mongoose.model(`Lane${lane}`, lane % 2 === 0 ? schema : hooked, name);
  return new ItemRepository(model, connection);
}

it(`A34: a repository does what a map does, over ${RUNS} sequences of calls`, async () => {
  let calls = 0;
  const run = async (lane: number): Promise<void> => {
    const repository = await openLane(lane);
    expect(repository.explain().writes).toBe(lane % 2 === 0 ? 'compiled' : 'mongoose');
    const sequence = fc.asyncProperty(itemCommands(MAX_CALLS), async (made) => {
      await repository.deleteMany({}, { all: true });
      await fc.asyncModelRun(() => ({ model: new ItemModel(), real: repository }), made);
      calls += [...made].length;
    });
    await fc.assert(sequence, { numRuns: Math.ceil(RUNS / LANES), seed: SEED + lane, endOnFailure: false });
  };
  const ends = await Promise.allSettled(Array.from({ length: LANES }, (_, lane) => run(lane)));
  // After the others have ended, so that none is left running when one has failed.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  expect(calls).toBeGreaterThan(RUNS * 3);
}, 240_000);
