import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { TestDatabase } from '../../../../test/support/test-database.ts';
import { createSource } from '../../test/import-sqlite/odd-source.ts';
import { silentProgress } from '../../test/import-sqlite/silent-progress.ts';
import { importSqlite } from './import-sqlite.ts';
import type { TableMapping } from './mapping/mapping.ts';
import type { ImportReport } from './report/import-report.ts';

let database: TestDatabase;
let folder: string;
let file: string;
beforeAll(async () => {
  database = await TestDatabase.start();
  folder = await mkdtemp(join(tmpdir(), 'import-sqlite-'));
});
beforeEach(async () => {
  file = join(folder, 'source.db');
  await rm(file, { force: true });
});
afterEach(async () => {
  await database.db.dropDatabase();
});
afterAll(async () => {
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(tables: Record<string, TableMapping>): Promise<ImportReport> {
  const { db } = database;
  return importSqlite({
    file,
    db,
    mapping: { tables },
    mappingName: 'map.yaml',
    progress: silentProgress,
    signal: new AbortController().signal,
    drop: false,
    verify: true,
  });
}

async function documentsOf(collection: string): Promise<mongo.Document[]> {
  return database.db.collection(collection).find().sort({ _id: 1 }).toArray();
}

async function collections(): Promise<string[]> {
  const found = await database.db.listCollections({}, { nameOnly: true }).toArray();
  return found.map(({ name }) => name).sort();
}

describe('what a mapping names', () => {
  it('is imported, also the content of a full-text table and a view about which it says nothing more', async () => {
    createSource(
      file,
      `CREATE TABLE email_content (id INTEGER PRIMARY KEY, subject TEXT, sender TEXT);
       INSERT INTO email_content VALUES (1, 'hello', 'ada@example.org');
       CREATE VIRTUAL TABLE email USING fts5(subject, content = 'Email_content', content_rowid='id');
       INSERT INTO email (email) VALUES ('rebuild');
       CREATE VIEW subjects AS SELECT id, subject FROM email_content`,
    );
    const byDefault = await run({});
    expect(byDefault.isComplete).toBe(true);
    expect(await documentsOf('email_content')).toEqual([
      { _id: 1, subject: 'hello', sender: 'ada@example.org' },
    ]);
    expect(await collections()).toEqual(['email', 'email_content', 'import_sqlite_progress']);
    const inner = 'The inner state of virtual tables: email_config, email_data, email_docsize, email_idx';
    expect(byDefault.notes).toContainEqual({ code: 'SKIPPED', text: inner });
    await database.db.dropDatabase();
    const report = await run({ email_content: { collection: 'mails' }, email_config: {}, subjects: {} });
    expect(report.isComplete).toBe(true);
    expect(await collections()).toEqual([
      'email',
      'email_config',
      'import_sqlite_progress',
      'mails',
      'subjects',
    ]);
    expect(await documentsOf('email_config')).toMatchObject([{ _id: 'version' }]);
    expect(await documentsOf('subjects')).toMatchObject([{ id: 1, subject: 'hello' }]);
    const texts = report.notes.map(({ text }) => text);
    expect(texts).toEqual(['The inner state of virtual tables: email_data, email_docsize, email_idx']);
  });

  it('leaves the content that belongs to a full-text table out', async () => {
    createSource(file, `CREATE VIRTUAL TABLE t USING fts5(x); INSERT INTO t VALUES ('one')`);
    expect((await run({})).isComplete).toBe(true);
    expect(await collections()).toEqual(['import_sqlite_progress', 't']);
  });

  it('is a mistake where there would be no such document', async () => {
    createSource(
      file,
      `CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE TABLE teams (id INTEGER PRIMARY KEY);
       CREATE TABLE posts (id INTEGER PRIMARY KEY, user REFERENCES users, team REFERENCES teams);
       CREATE TABLE likes (id INTEGER PRIMARY KEY, post REFERENCES posts); CREATE VIEW v AS SELECT id FROM users;
       CREATE TABLE tags (post REFERENCES posts, tag TEXT); CREATE TABLE x (id INTEGER PRIMARY KEY)`,
    );
    const tables: Record<string, TableMapping> = {
      users: { skip: true },
      posts: {
        references: { author: { table: 'users' } },
        embedInto: { table: 'teams', as: 'posts', value: 'id' },
      },
      likes: { references: { about: { table: 'posts' } } },
      tags: { embedInto: { table: 'posts', as: 'tags' } },
      x: { embedInto: { table: 'v', as: 'xs', by: { id: 'id' } } },
    };
    const error = await run(tables).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MAPPING_INVALID', exitCode: 2 });
    const { message } = error as Error;
    for (const mistake of [
      'posts cannot refer to "users", which is not imported',
      'likes cannot refer to "posts", whose rows are in other documents',
      'posts: "value" takes one column alone, without what is embedded: tags',
      'x cannot be embedded into "v", which is not imported',
    ]) {
      expect(message).toContain(mistake);
    }
    expect(await collections()).toEqual([]);
  });
});
