import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteSource } from './sqlite-source.ts';

describe(SqliteSource.name, () => {
  let folder: string;
  let file: string;
  let writer: DatabaseSync;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlite-source-'));
    file = join(folder, 'source.db');
    writer = new DatabaseSync(file);
    writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (v); INSERT INTO t VALUES (1)');
  });
  afterEach(async () => {
    writer.close();
    await rm(folder, { recursive: true });
  });

  it('has the fingerprint of the state that it reads, also when another program writes while it begins', () => {
    // oxlint-disable-next-line typescript/unbound-method -- called with its object below
    const begin = DatabaseSync.prototype.exec;
    DatabaseSync.prototype.exec = function (sql) {
      DatabaseSync.prototype.exec = begin;
      begin.call(this, sql);
      writer.exec('INSERT INTO t VALUES (2)');
    };
    const [first, second] = [SqliteSource.open(file), SqliteSource.open(file)];
    try {
      const rows = [first, second].map((source) => source.all('SELECT count(*) AS n FROM t')[0]?.n);
      expect(rows).toEqual([2, 2]);
      expect(first.fingerprint).toBe(second.fingerprint);
    } finally {
      first.close();
      second.close();
    }
  });

  it('has another fingerprint after a change', () => {
    const before = SqliteSource.open(file);
    writer.exec('INSERT INTO t VALUES (2)');
    const after = SqliteSource.open(file);
    try {
      expect(before.all('SELECT count(*) AS n FROM t')).toEqual([{ n: 1 }]);
      expect(after.fingerprint).not.toBe(before.fingerprint);
    } finally {
      before.close();
      after.close();
    }
  });
});
