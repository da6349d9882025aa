import { DatabaseSync } from 'node:sqlite';
import type { Expectation } from './compare-values.ts';

/** A database of everything that is easily changed or lost on the way. */
export const ODD_SQL = `
CREATE TABLE numbers (id INTEGER PRIMARY KEY, i INTEGER, r REAL, n NUMERIC, a, d DECIMAL(10,2));
INSERT INTO numbers VALUES
  (1, 9007199254740993, 1.0, 1, 1.0, '1.10'),
  (2, 9223372036854775807, 9007199254740993, 1.5, 1, '12345678901234567890'),
  (3, -9223372036854775808, 1e400, -1e400, -0.0, 'not a number'),
  (4, 2147483647, 1e-320, 2147483648, 4.9e-324, NULL),
  (5, -2147483648, NULL, -2147483649, 1.7976931348623157e308, 0),
  (9223372036854775807, 0, 0, 0, x'', ''),
  (-9223372036854775808, -1, -1, -1, 'text', 'text'),
  (6, 'text in a column of integers', 'x', 'x', x'00', x'ff');

CREATE TABLE texts (id TEXT PRIMARY KEY, value TEXT);
INSERT INTO texts VALUES
  ('', ''), ('ä', 'Zoë · 日本語 · 🎉 · ' || char(0) || ' after a zero'), (CAST(x'ff' AS TEXT), CAST(x'61ff62' AS TEXT)),
  ('replacement', char(65533)), ('surrogate', CAST(x'eda080' AS TEXT)), ('long', printf('%.*c', 100000, 'é')),
  (CAST(x'fe' AS TEXT), 'another key that is not UTF-8'), ('bom', char(65279) || 'x');

CREATE TABLE blobs (id BLOB PRIMARY KEY, value BLOB);
INSERT INTO blobs VALUES (x'', x''), (x'00', zeroblob(100000)), (x'ff', x'00ff'), (CAST(x'ff' AS TEXT), CAST(x'ff' AS TEXT)), (1.5, 1.0), (2, 1);

CREATE TABLE null_keys (id TEXT PRIMARY KEY, value INTEGER);
INSERT INTO null_keys VALUES (NULL, 1), (NULL, 2), ('a', 3), (NULL, 4);

CREATE TABLE null_parts (a INTEGER, b TEXT, value INTEGER, PRIMARY KEY (b, a));
INSERT INTO null_parts VALUES (1, NULL, 1), (1, NULL, 2), (NULL, 'x', 3), (1, 'x', 4), (2, 'x', 5);

CREATE TABLE composite (b INTEGER, a TEXT, value TEXT, PRIMARY KEY (a, b DESC)) WITHOUT ROWID;
INSERT INTO composite VALUES (2, 'x', 'one'), (1, 'x', CAST(x'c328' AS TEXT)), (9007199254740993, CAST(x'80' AS TEXT), NULL);

CREATE TABLE no_key (value TEXT, "b.c" INTEGER);
INSERT INTO no_key VALUES ('same', 1), ('same', 1), (NULL, NULL);

CREATE TABLE "hidden rowid" (rowid TEXT, oid TEXT, value INTEGER);
INSERT INTO "hidden rowid" VALUES ('a', 'b', 1), ('a', 'b', 2);

CREATE TABLE quirk (id INTEGER PRIMARY KEY DESC, value TEXT);
INSERT INTO quirk VALUES (1, 'a'), (NULL, 'b'), (NULL, 'c');

CREATE TABLE strict_one (id INTEGER PRIMARY KEY, x ANY, i INT) STRICT;
INSERT INTO strict_one VALUES (1, 1.0, 1), (2, 1, 2), (3, '1', 3), (4, x'31', 4);

CREATE TABLE generated (id INTEGER PRIMARY KEY, a INTEGER, twice INTEGER AS (a * 2), kept TEXT AS ('#' || a) STORED);
INSERT INTO generated VALUES (1, 21), (2, NULL);

CREATE TABLE "system.users" (id INTEGER PRIMARY KEY, "$set" TEXT, "a.b" TEXT, a_b TEXT, _id TEXT, "" TEXT, "__proto__" TEXT, "c$d" TEXT);
INSERT INTO "system.users" VALUES (1, 'dollar', 'dot', 'score', 'id', 'empty', 'proto', 'inside');
CREATE TABLE "$money" (_id TEXT PRIMARY KEY, "$" INTEGER);
INSERT INTO "$money" VALUES ('own', 5);
CREATE TABLE "a.b""c d" ("quote""d" TEXT PRIMARY KEY);
INSERT INTO "a.b""c d" VALUES ('x');
CREATE TABLE "import_sqlite_progress" (id INTEGER PRIMARY KEY);
INSERT INTO "import_sqlite_progress" VALUES (7);
CREATE TABLE empty (id INTEGER PRIMARY KEY, value TEXT);
`;

export const ODD_TABLES: Expectation[] = [
  { table: 'numbers', key: ['id'] },
  { table: 'texts', key: ['id'] },
  { table: 'blobs', key: ['id'] },
  { table: 'null_keys', key: ['id'] },
  { table: 'null_parts', key: ['b', 'a'] },
  { table: 'composite', key: ['a', 'b'] },
  { table: 'no_key', key: 'rowid', fields: { 'b.c': 'b_c' } },
  { table: 'quirk', key: ['id'] },
  { table: 'strict_one', key: ['id'] },
  { table: 'generated', key: ['id'] },
  {
    table: 'system.users',
    collection: 'system_users',
    key: ['id'],
    fields: { $set: '_set', 'a.b': 'a_b_2', _id: 'id_2', '': 'empty' },
  },
  { table: '$money', collection: '_money', key: ['_id'], fields: { $: '_' } },
  { table: 'a.b"c d', key: ['quote"d'] },
  { table: 'import_sqlite_progress', collection: 'import_sqlite_progress_2', key: ['id'] },
  { table: 'empty', key: ['id'] },
];

/** A statement that fills the table `t` of two columns. */
export function fillSql(rows: number): string {
  return `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c WHERE n < ${rows}) INSERT INTO t SELECT n, hex(n) FROM c`;
}

/** Makes a database of statements. */
export function createSource(file: string, sql: string): void {
  // As in most programs, which leave foreign keys unchecked.
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}
