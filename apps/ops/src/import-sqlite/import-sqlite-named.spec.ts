import { ImportContext } from '../../test/import-sqlite/import-context.ts';
import { createSource } from '../../test/import-sqlite/odd-source.ts';
import type { TableMapping } from './mapping/mapping.ts';

let context: ImportContext;
beforeAll(async () => {
  context = await ImportContext.start();
});
afterEach(() => context.clear());
afterAll(() => context.stop());

async function collections(): Promise<string[]> {
  const found = await context.db.listCollections({}, { nameOnly: true }).toArray();
  return found.map(({ name }) => name).sort();
}

describe('what a mapping names', () => {
  it('is imported, also the content of a full-text table and a view about which it says nothing more', async () => {
    createSource(
      context.file,
      `CREATE TABLE email_content (id INTEGER PRIMARY KEY, subject TEXT, sender TEXT);
       INSERT INTO email_content VALUES (1, 'hello', 'ada@example.org');
       CREATE VIRTUAL TABLE email USING fts5(subject, content = 'Email_content', content_rowid='id');
       INSERT INTO email (email) VALUES ('rebuild');
       CREATE VIEW subjects AS SELECT id, subject FROM email_content`,
    );
    const byDefault = await context.import({});
    expect(byDefault.isComplete).toBe(true);
    expect(await context.documentsOf('email_content')).toEqual([
      { _id: 1, subject: 'hello', sender: 'ada@example.org' },
    ]);
    expect(await collections()).toEqual(['email', 'email_content', 'import_sqlite_progress']);
    const inner = 'The inner state of virtual tables: email_config, email_data, email_docsize, email_idx';
    expect(byDefault.notes).toContainEqual({ code: 'SKIPPED', text: inner });
    await context.db.dropDatabase();
    const report = await context.import({
      email_content: { collection: 'mails' },
      email_config: {},
      subjects: {},
    });
    expect(report.isComplete).toBe(true);
    expect(await collections()).toEqual([
      'email',
      'email_config',
      'import_sqlite_progress',
      'mails',
      'subjects',
    ]);
    expect(await context.documentsOf('email_config')).toMatchObject([{ _id: 'version' }]);
    expect(await context.documentsOf('subjects')).toMatchObject([{ id: 1, subject: 'hello' }]);
    const texts = report.notes.map(({ text }) => text);
    expect(texts).toEqual(['The inner state of virtual tables: email_data, email_docsize, email_idx']);
  });

  it('leaves the content that belongs to a full-text table out', async () => {
    createSource(context.file, `CREATE VIRTUAL TABLE t USING fts5(x); INSERT INTO t VALUES ('one')`);
    expect((await context.import({})).isComplete).toBe(true);
    expect(await collections()).toEqual(['import_sqlite_progress', 't']);
  });

  it('is a mistake where there would be no such document', async () => {
    createSource(
      context.file,
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
    const error = await context.import(tables).catch((thrown: unknown) => thrown);
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
