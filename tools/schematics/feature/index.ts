import {
  apply,
  applyTemplates,
  chain,
  MergeStrategy,
  mergeWith,
  move,
  url,
  type Rule,
  type Tree,
} from '@angular-devkit/schematics';
import { toFields } from '../../generate/feature-fields.ts';
import { toFeatureNames } from '../../generate/feature-names.ts';
import { addToModule } from './add-to-module.ts';
import { toFieldCode } from './field-code.ts';
import { formatFiles } from './format-files.ts';

const SOURCE = 'apps/api/src';
const TESTS = 'apps/api/test';

/** Options of the schematic: those of the command line. */
export interface FeatureOptions {
  /** In the plural, such as `invoices`. */
  name: string;
  singular?: string;
  /** Each `NAME:TYPE[:FLAG…]`. */
  fields: string[];
}

/** Writes a feature in the shape of `apps/api/src/contacts`, and adds it to the application. */
export function feature({ name, singular, fields: texts }: FeatureOptions): Rule {
  const names = toFeatureNames(name, singular);
  const fields = toFields(texts).map((field) => toFieldCode(field, names));
  const uses = (word: string) => fields.some(({ prop }) => prop.includes(word));
  const templates = applyTemplates({ ...names, name, singular: names.one.kebab, fields, uses, importsOf });
  const folder = `${SOURCE}/${name}`;
  return chain([
    mergeWith(apply(url('./files/src'), [templates, move(folder)]), MergeStrategy.Overwrite),
    mergeWith(apply(url('./files/test'), [templates, move(TESTS)]), MergeStrategy.Overwrite),
    (tree: Tree) => {
      const path = `${SOURCE}/app.module.ts`;
      const module = { name: `${names.many.pascal}Module`, path: `./${name}/${name}.module.ts` };
      tree.overwrite(path, addToModule(tree.readText(path), module));
    },
    formatFiles([`${SOURCE}/app.module.ts`, `${TESTS}/${name}.spec.ts`], folder),
  ]);
}

/** What of `texts` the pattern names, each once and in order. */
function importsOf(pattern: RegExp, texts: readonly string[]): string {
  const names = texts.flatMap((text) => pattern.exec(text)?.[1] ?? []);
  return [...new Set(names)].sort().join(', ');
}
