import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { build, type Metafile } from 'esbuild';
import {
  entryAsFunction,
  lazyDateFormat,
  mappedTypes,
  mongooseNamespace,
  optionalPackages,
} from './bundle-plugins.ts';
import { BUNDLE_FILE } from './load-bundle.ts';
import { shrinkSourceMap } from './source-map.ts';

const TARGET = 'node24';

/**
 * Joins the compiled files of an application and its packages into one script.
 *
 * @param entry - Compiled start file
 * @param folder - Gets the bundle and its source map
 * @returns What it is made of
 */
export async function bundleApplication(root: string, entry: string, folder: string): Promise<Metafile> {
  const outfile = join(folder, BUNDLE_FILE);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: TARGET,
    // The script has no loader of its own for modules: `import()` becomes a `require` that runs when it is reached.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl', 'import.meta.dirname': '__dirname' },
    banner: { js: `const __moduleUrl = require('node:url').pathToFileURL(__filename).href;` },
    // Names stay, for Nest's log and for stack traces, but not by `keepNames`: that sets the name of a function each time one is
    // made, also in the middle of a request. Lines, since Node prints the whole one at a fatal error.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 200,
    charset: 'ascii',
    legalComments: 'external',
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [
      entryAsFunction(join(root, entry)),
      mongooseNamespace(root),
      await optionalPackages(root),
      mappedTypes(),
      lazyDateFormat(),
    ],
  });
  const map = `${outfile}.map`;
  await writeFile(map, shrinkSourceMap(await readFile(map, 'utf8')));
  return metafile;
}

/**
 * Joins the code of each thread, `NAME.worker.ts`, with what it imports into one script beside the bundle: `NAME.worker.cjs`.
 *
 * @param folder - That of the bundle
 * @returns What they are made of
 */
export async function bundleWorkers(
  root: string,
  application: string,
  folder: string,
): Promise<Metafile | undefined> {
  const sources = globSync(`apps/${application}/src/**/*.worker.ts`, { cwd: root });
  if (sources.length === 0) return undefined;
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: sources.map((path) => ({
      in: join('dist', path.replace(/\.ts$/, '.js')),
      out: basename(path, '.ts'),
    })),
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: TARGET,
    legalComments: 'external',
    logLevel: 'warning',
  });
  return metafile;
}

/** Writes the start file of an application; see `launcher.ts`. */
export async function writeLauncher(root: string, outfile: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [join(relative(root, import.meta.dirname), 'launcher.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: TARGET,
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  });
}
