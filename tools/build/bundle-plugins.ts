import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

const PACKAGE_NAME = /^(?:@[^/]+\/)?[^./][^/]*/;
const IS_ASKED_HERE = Symbol('asked by optionalPackages');

/** A script cannot `await` at its top: the statements behind the imports of the entry move into a function. */
export function entryAsFunction(entry: string): Plugin {
  return {
    name: 'entry-as-function',
    setup(build) {
      build.onLoad({ filter: /main\.js$/ }, async ({ path }) => {
        if (path !== entry) return undefined;
        const code = await readFile(path, 'utf8');
        const imports = /^(?:import .*;\n)*/.exec(code)?.[0] ?? '';
        const [statements = '', ...mapComment] = code
          .slice(imports.length)
          .split(/^(?=\/\/# sourceMappingURL)/m);
        // Statements stay on their lines, so that the source map still fits; a comment at the end must not take the bracket with it.
        return {
          contents: `${imports.trimEnd()} (async () => {\n${statements.trimEnd()}\n})();\n${mapComment.join('')}`,
        };
      });
    },
  };
}

/**
 * Gives `import * as mongoose` the names that Node gives it. The wrapper of esbuild inherits from the CommonJS module instead, takes
 * itself for a Mongoose instance and fails with "Cannot set property nextConnectionId" in `createConnection` of `@nestjs/mongoose`.
 */
export function mongooseNamespace(root: string): Plugin {
  const path = join(root, 'node_modules/mongoose/index.js');
  return {
    name: 'mongoose-namespace',
    setup(build) {
      build.onResolve({ filter: /^mongoose$/ }, ({ kind, namespace }) =>
        kind !== 'require-call' && namespace === 'file'
          ? { path: 'mongoose', namespace: 'mongoose-namespace' }
          : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: 'mongoose-namespace' }, async () => {
        const names = Object.keys((await import(path)) as object).filter(
          (name) => /^[A-Za-z]\w*$/.test(name) && name !== 'default',
        );
        const contents = [
          `import mongoose from ${JSON.stringify(path)};`,
          'export default mongoose;',
          ...names.map((name) => `const _${name} = mongoose.${name}; export { _${name} as ${name} };`),
        ].join('\n');
        return { contents, resolveDir: root };
      });
    },
  };
}

/** Leaves out what packages load only when it is installed, and the tools of a checkout, which an installation may lack. */
export async function optionalPackages(root: string): Promise<Plugin> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return {
    name: 'optional-packages',
    setup(build) {
      build.onResolve({ filter: /^[^./#]/ }, async ({ path, pluginData, ...where }) => {
        if (pluginData === IS_ASKED_HERE) return undefined;
        const name = PACKAGE_NAME.exec(path)?.[0] ?? '';
        if (name in manifest.devDependencies) return { path, external: true };
        const isInstalled = existsSync(join(root, 'node_modules', name));
        if (isInstalled || !where.importer.includes('/node_modules/')) return undefined;
        const { importer, kind, resolveDir } = where;
        const found = await build.resolve(path, { importer, kind, resolveDir, pluginData: IS_ASKED_HERE });
        return found.errors.length > 0 ? { path, external: true } : found;
      });
    },
  };
}

/**
 * Lets the bundle hold what `PartialType` and `IntersectionType` ask for: they do it by a `require` that is made while they run, so
 * that without packages beside the bundle they would leave out every rule of the fields, and say nothing.
 */
export function mappedTypes(): Plugin {
  return {
    name: 'mapped-types',
    setup(build) {
      build.onLoad({ filter: /@nestjs\/mapped-types\/dist\/type-helpers\.utils\.js$/ }, async ({ path }) => {
        const code = await readFile(path, 'utf8');
        const made = 'const require = createRequire(import.meta.url);';
        if (!code.includes(made))
          return { contents: code, errors: [{ text: 'The packages that it asks for may be missing' }] };
        // The second of two names of one file; the version here has the first.
        return {
          contents: code.replace(made, '').replace("require('class-transformer/storage')", 'undefined'),
        };
      });
    },
  };
}

/** Nest's loggers, which the applications replace, make a date formatter each while they load: 25 ms of a start for nothing. */
export function lazyDateFormat(): Plugin {
  return {
    name: 'lazy-date-format',
    setup(build) {
      build.onLoad(
        { filter: /@nestjs\/common\/services\/(?:console-)?logger\.service\.js$/ },
        async ({ path }) => {
          const code = await readFile(path, 'utf8');
          const eager = 'const dateTimeFormatter = new Intl.DateTimeFormat(';
          if (!code.includes(eager))
            return { contents: code, warnings: [{ text: 'No date formatter to defer here' }] };
          const contents = code.replace(eager, 'const dateTimeFormatter = onFirstUse(');
          return { contents: `${contents}\n${ON_FIRST_USE}` };
        },
      );
    },
  };
}

const ON_FIRST_USE = `function onFirstUse(...options) {
  let formatter;
  return { format: (date) => (formatter ??= new Intl.DateTimeFormat(...options)).format(date) };
}`;
