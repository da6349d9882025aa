import { resolve } from 'node:path';
import { NodeWorkflow } from '@angular-devkit/schematics/tools/index.js';

const COLLECTION = resolve(import.meta.dirname, '../schematics/collection.json');

export interface RunOptions {
  /** Folder of the repository. */
  root: string;
  /** Reports what would be written, and writes nothing. */
  isDryRun: boolean;
  /** Puts the new files in the place of those that are there. */
  isForced: boolean;
}

/**
 * Runs a schematic of this repository.
 *
 * @param options - Those of the schematic
 * @param report - Is told each file, as `CREATE apps/api/src/…`
 */
export async function runSchematic(
  schematic: string,
  options: object,
  { root, isDryRun, isForced }: RunOptions,
  report: (line: string) => void,
): Promise<void> {
  const workflow = new NodeWorkflow(root, { dryRun: isDryRun, force: isForced, resolvePaths: [root] });
  workflow.reporter.subscribe((event) => {
    const path = event.path.replace(/^\//, '');
    report(
      event.kind === 'error' ? `ERROR  ${path}: ${event.description}` : `${event.kind.toUpperCase()} ${path}`,
    );
  });
  const run = workflow.execute({ collection: COLLECTION, schematic, options, allowPrivate: true });
  await new Promise<void>((done, failed) => void run.subscribe({ complete: done, error: failed }));
}
