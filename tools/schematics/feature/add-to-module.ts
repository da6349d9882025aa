import { MetadataManager } from '@nestjs/schematics';

/**
 * Imports a module into another one.
 *
 * @param source - Text of the file with the `@Module`
 * @param module - Name of its class, and path of its file from there
 * @returns The text with it; as it was when it is there already
 */
export function addToModule(source: string, { name, path }: { name: string; path: string }): string {
  if (new RegExp(String.raw`\b${name}\b`).test(source)) return source;
  const lines = source.split('\n');
  const isImport = (line: string) => /^(?:import |\} from )/.test(line);
  const follower = lines.findIndex((line) => (/^import .* from '(\.[^']*)'/.exec(line)?.[1] ?? '') > path);
  const end = lines.findLastIndex(isImport) + 1;
  lines.splice(follower === -1 ? end : follower, 0, `import { ${name} } from '${path}';`);
  const changed = new MetadataManager(lines.join('\n')).insert('imports', name);
  if (changed === undefined) throw new Error('app.module.ts has no @Module to add the feature to');
  return changed;
}
