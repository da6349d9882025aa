import type { mongo } from 'mongoose';

/** One database for backups and restores. */
export interface DataSet {
  /** Of the database. */
  name: string;
  documents: number;
}

const SMALL_DOCUMENTS = 1_000_000;
const MIXED_BYTES = 500_000_000;

/** A million documents of about 250 bytes, with one index beside that on `_id`. */
export async function fillSmall(db: mongo.Db): Promise<DataSet> {
  const size = 10_000;
  for (let start = 0; start < SMALL_DOCUMENTS; start += size) {
    const documents = Array.from({ length: size }, (_, index) => ({
      email: `person-${start + index}@example.org`,
      name: `Ada ${start + index}`,
      organization: 'Analytical Engines',
      tags: ['first', 'second', `tag-${index % 50}`],
      status: index % 3 === 0 ? 'new' : 'contacted',
      score: (start + index) / 7,
      createdAt: new Date(1_700_000_000_000 + start + index),
    }));
    await db.collection('small').insertMany(documents, { ordered: false });
  }
  await db.collection('small').createIndex({ email: 1 }, { unique: true });
  return { name: db.databaseName, documents: SMALL_DOCUMENTS };
}

/** 500 MB: documents from 200 bytes to 300 kB, in three collections; text of random words, which compresses like text. */
export async function fillMixed(db: mongo.Db): Promise<DataSet> {
  const words = Array.from({ length: 3_000 }, (_, n) => ((n * 7_919 + 104_729) * 31).toString(36));
  const random = seeded(1);
  const textOf = (length: number): string => {
    const parts: string[] = [];
    for (let size = 0; size < length; size += 7) parts.push(words[Math.floor(random() * words.length)] ?? '');
    return parts.join(' ').slice(0, length);
  };
  let documents = 0;
  for (let bytes = 0, batches = 0; bytes < MIXED_BYTES; batches += 1) {
    const batch = Array.from({ length: 500 }, (_, index) => {
      const dice = random();
      const length = dice < 0.5 ? 200 : dice < 0.9 ? 2_000 : dice < 0.995 ? 20_000 : 300_000;
      return {
        kind: index % 10,
        text: textOf(length),
        at: new Date(),
        numbers: Array.from({ length: 10 }, random),
      };
    });
    bytes += batch.reduce((sum, { text: { length } }) => sum + length, 0);
    documents += batch.length;
    await db.collection(`mixed-${batches % 3}`).insertMany(batch, { ordered: false });
  }
  return { name: db.databaseName, documents };
}

/** Random numbers that are the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
