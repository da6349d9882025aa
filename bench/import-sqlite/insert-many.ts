import { DatabaseSync } from 'node:sqlite';
import { mongo } from 'mongoose';

// node insert-many.ts FILE: what one writes without a tool. Rows by iterate(), a thousand at a time by insertMany of the raw driver.

const CHUNK = 1_000;

const [, , file = ''] = process.argv;
const client = new mongo.MongoClient(process.env.MONGODB_URI ?? '');
const sqlite = new DatabaseSync(file, { readOnly: true });
try {
  const collection = client.db().collection('people');
  let rows: mongo.Document[] = [];
  for (const row of sqlite
    .prepare(
      'SELECT id AS _id, name, email, age, active, score, role, street, city, birth, notes FROM people',
    )
    .iterate()) {
    rows.push(row);
    if (rows.length < CHUNK) continue;
    await collection.insertMany(rows);
    rows = [];
  }
  if (rows.length > 0) await collection.insertMany(rows);
} finally {
  sqlite.close();
  await client.close();
}
