import { resolve } from 'node:path';
import type { DirEntry, Rule } from '@angular-devkit/schematics';
import { format, resolveConfig } from 'prettier';

/**
 * Brings files into the format of the repository, as `npm run check` wants it.
 *
 * @param files - Beside those of the folder; the first one is there already, and its settings are those of all
 */
export function formatFiles([first, ...files]: readonly [string, ...string[]], folder: string): Rule {
  return async (tree) => {
    const options = await resolveConfig(resolve(first));
    for (const path of [first, ...files, ...filesIn(tree.getDir(folder))]) {
      tree.overwrite(path, await format(tree.readText(path), { ...options, parser: 'typescript' }));
    }
  };
}

function filesIn(folder: DirEntry): string[] {
  const paths: string[] = [];
  folder.visit((path) => void paths.push(path));
  return paths;
}
