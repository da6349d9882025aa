import type { SqliteSource } from './sqlite-source.ts';

/** The option of FTS4 and FTS5, with its name in any of the forms of quotes, or in none. */
const CONTENT = /[(,]\s*content\s*=\s*(?:'([^']+)'|"([^"]+)"|`([^`]+)`|\[([^\]]+)\]|([^\s,()'"`[\]]+))/i;

/**
 * Names, in lower case, of tables that a full-text table indexes and does not repeat. SQLite counts those called `…_content` among the
 * inner tables, although their rows are nowhere else.
 *
 * @see https://sqlite.org/fts5.html#external_content_tables
 */
export function contentTables(source: SqliteSource): Set<string> {
  const rows = source.all(
    `SELECT sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'`,
  );
  const names = rows.map(({ sql }) => CONTENT.exec(String(sql))?.slice(1).find(Boolean)?.toLowerCase());
  return new Set(names.filter((name) => name !== undefined));
}
