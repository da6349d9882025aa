import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The TypeScript of a page of documentation, written out so that it can be compiled and run. */
export interface Snippets {
  /** Where the files are; inside the repository, so that `#database` means the same. */
  folder: string;
  /** Those without a file name in their first line, in the order of the page. Each exports `run(context)`. */
  paths: string[];
}

/**
 * Writes each block of a page into a file: one whose first line is `// name.ts` under that name, every other one as the body of a function
 * that is given `context`.
 *
 * @param page - Path of the Markdown file from the root
 * @param context - TypeScript type of what snippets may use, with the imports that it needs
 */
export async function writeSnippets(
  page: string,
  context: { imports: readonly string[]; members: Record<string, string> },
): Promise<Snippets> {
  const folder = join(ROOT, 'reports', page.replaceAll(/\W+/g, '-'));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const markdown = await readFile(join(ROOT, page), 'utf8');
  const paths: string[] = [];
  for (const [, code = ''] of markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const name = /^\/\/ ([\w.-]+\.ts)\n/.exec(code)?.[1];
    const path = join(folder, name ?? `snippet-${String(paths.length + 1).padStart(2, '0')}.ts`);
    await writeFile(path, name === undefined ? toFunction(code, context) : code);
    if (name === undefined) paths.push(path);
  }
  return { folder, paths };
}

function toFunction(
  code: string,
  { imports, members }: { imports: readonly string[]; members: Record<string, string> },
): string {
  const lines = code.split('\n');
  const own = lines.filter((line) => line.startsWith('import '));
  const body = lines.filter((line) => !line.startsWith('import ')).join('\n');
  const parameters = Object.keys(members).join(', ');
  const types = Object.entries(members).map(([name, type]) => `${name}: ${type}`);
  return [
    ...imports.filter((line) => !own.includes(line)),
    ...own,
    `export async function run({ ${parameters} }: { ${types.join('; ')} }): Promise<void> {`,
    body,
    '}',
    '',
  ].join('\n');
}
