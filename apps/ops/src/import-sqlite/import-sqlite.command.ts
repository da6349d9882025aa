import { basename } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { runCommand, runWithSignal } from '../run-command.ts';
import { readMapping } from './mapping/read-mapping.ts';
import type { Mapping } from './mapping/mapping.ts';
import { dryRun, importSqlite, type SourceOptions } from './import-sqlite.ts';
import { formatReport } from './report/format-report.ts';
import type { ImportReport } from './report/import-report.ts';

export interface ImportSqliteOptions {
  map?: string;
  dryRun?: boolean;
  dates?: boolean;
  booleans?: boolean;
  drop?: boolean;
  verify: boolean;
  json?: boolean;
}

/** Any name does for a dry run without a configuration; it only limits how long names of collections may be. */
const NO_DATABASE = 'openai_outreach';

/** Imports a SQLite file into the configured database and sets the exit code. */
export async function runImportSqlite(file: string, options: ImportSqliteOptions): Promise<void> {
  const isJson = options.json === true;
  const mappingName = options.map === undefined ? 'of the command line' : basename(options.map);
  if (options.dryRun) {
    await runWithSignal(isJson, async ({ signal, progress }) => {
      const source = { file, mapping: mappingOf(options), mappingName, signal, progress };
      return print(await dryRun({ ...source, database: NO_DATABASE }), isJson, source);
    });
    return;
  }
  // Building an index may take longer than the timeout of a socket.
  await runCommand({ isJson, database: { socketTimeoutMs: 0 } }, async ({ connection, signal, progress }) => {
    const source = { file, mapping: mappingOf(options), mappingName, signal, progress };
    const { db } = connection;
    const report = await importSqlite({ ...source, db, drop: options.drop === true, verify: options.verify });
    return print(report, isJson, source);
  });
}

/** The options of the command line add to the mapping file. */
function mappingOf({ map, dates, booleans }: ImportSqliteOptions): Mapping {
  const mapping = map === undefined ? {} : readMapping(map);
  return { ...mapping, ...(dates && { dates }), ...(booleans && { booleans }) };
}

function print(report: ImportReport, isJson: boolean, { progress }: SourceOptions): number {
  progress.stop();
  process.stdout.write(isJson ? `${JSON.stringify({ event: 'report', ...report })}\n` : formatReport(report));
  return report.isComplete ? EXIT.done : EXIT.failed;
}
