import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** How `npm run start:prod` starts the service: options of Node, and variables. */
export interface ProductionStart {
  flags: string[];
  variables: Record<string, string>;
}

/** Reads it from `package.json`, where it stands once. */
export async function readProductionStart(): Promise<ProductionStart> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<'start:prod', string>;
  };
  const words = scripts['start:prod'].split(' ');
  const flags = words.filter((word) => word.startsWith('--'));
  const variables = words.flatMap((word) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(word) ?? [];
    return name !== undefined && value !== undefined ? [[name, value]] : [];
  });
  return { flags, variables: Object.fromEntries(variables) as Record<string, string> };
}
