import { Command } from 'commander';
import type { ImportSqliteOptions } from '../import-sqlite/import-sqlite.command.ts';

const EXAMPLES = `
Examples:
  $ ops import-sqlite app.db --dry-run          what would become of it, with three documents of each table
  $ ops import-sqlite app.db                    every table into a collection, compared at the end
  $ ops import-sqlite app.db --map mapping.yaml --dates
  $ ops import-sqlite app.db --drop             once more from the beginning

It may be interrupted at any moment: the same command goes on where it was.
The mapping file is described in docs/import-sqlite.md.`;

/** `ops import-sqlite FILE`. */
export function importSqliteCommand(): Command {
  return new Command('import-sqlite')
    .description('import a SQLite file: tables, indexes, and a comparison of everything')
    .argument('<file>', 'SQLite database; it is only read')
    .option('--map <file>', 'mapping file (YAML or JSON): names, types, what to skip, embed and refer to')
    .option('--dry-run', 'read everything, write nothing; needs no MongoDB')
    .option('--dates', 'columns declared DATE, DATETIME or TIMESTAMP become dates')
    .option('--booleans', 'columns declared BOOLEAN become true and false')
    .option('--drop', 'first drop what an earlier import has filled and nobody has changed')
    .option('--no-verify', 'do not read back what was written')
    .option('--json', 'print progress and the report as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: ImportSqliteOptions) => {
      const { runImportSqlite } = await import('../import-sqlite/import-sqlite.command.ts');
      await runImportSqlite(file, options);
    });
}
