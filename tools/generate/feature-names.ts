import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Script } from 'node:vm';
import { UsageError } from './usage.error.ts';
import { toCamel, toPascal, toPlural, toSingular, toSnake, toText } from './words.ts';

const NAME = /^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/;
const MAX_LENGTH = 40;
const ALLOWED = `lower-case words with "-" between them, up to ${MAX_LENGTH} characters, such as invoices or line-items`;
const TEMPLATES = resolve(import.meta.dirname, '../schematics/feature/files');
/** Paths and folders of the service itself. */
const TAKEN = [
  'api',
  'docs',
  'docs-json',
  'embedded',
  'health',
  'http',
  'logging',
  'metrics',
  'mongodb-test',
  'openapi',
  'shutdown',
  'status',
];

/** What the generated code, or that which the compiler makes of it, takes from the language. */
const BUILT_IN = [
  'Array',
  'Boolean',
  'Date',
  'Error',
  'Function',
  'Number',
  'Object',
  'Promise',
  'RegExp',
  'Response',
  'String',
  'Symbol',
];

/** One name in the forms that the code needs. */
export interface Forms {
  /** `line-items`: files and addresses. */
  kebab: string;
  /** `LineItems`: classes. */
  pascal: string;
  /** `lineItems`: variables. */
  camel: string;
  /** `LINE_ITEMS`: constants. */
  upper: string;
  /** `line items`: sentences. */
  text: string;
}

export interface FeatureNames {
  many: Forms;
  one: Forms;
  /** In the database: `line_items`. */
  collection: string;
}

/**
 * The names of a feature.
 *
 * @param name - In the plural, as in its address
 * @param singular - By the rules of English when absent
 * @throws {@link UsageError} Which says what is allowed
 */
export function toFeatureNames(name: string, singular = toSingular(name)): FeatureNames {
  for (const text of [name, singular]) {
    if (!NAME.test(text) || text.length > MAX_LENGTH)
      throw new UsageError(`"${text}" is no name of a feature: take ${ALLOWED}`);
  }
  const [many, one] = [toForms(name), toForms(singular)];
  const used = namesInTemplates();
  const forms = [many.camel, one.camel, many.pascal, one.pascal];
  const isTaken = forms.some((form) => used.has(form) || BUILT_IN.includes(form) || isKeyword(form));
  if (TAKEN.includes(name) || isTaken)
    throw new UsageError(`"${name}" is reserved: it has a meaning in the service or in the language already`);
  if (singular === name)
    throw new UsageError(
      `A feature has a name in the plural, such as "${toPlural(name)}"; where "${name}" is one, give --singular WORD`,
    );
  return { many, one, collection: toSnake(name) };
}

/** Whether the language has this word for itself. */
export function isKeyword(name: string): boolean {
  try {
    // The parser knows them best.
    new Script(`'use strict'; var ${name};`);
    return false;
  } catch {
    return true;
  }
}

/** What the generated files import under a name of its own: a class of that name would stand in its way. */
function namesInTemplates(): Set<string> {
  const files = readdirSync(TEMPLATES, { recursive: true, encoding: 'utf8' });
  const names = files
    .filter((file) => file.endsWith('.template'))
    .map((file) => readFileSync(join(TEMPLATES, file), 'utf8').replaceAll(/<%.*?%>/gs, ' '))
    .flatMap((text) => [...text.matchAll(/^ *import (?:type )?\{([^}]*)\}/gm)].map(([, list = '']) => list))
    .flatMap((list) => list.match(/\w+/g) ?? []);
  return new Set(names);
}

function toForms(name: string): Forms {
  return {
    kebab: name,
    pascal: toPascal(name),
    camel: toCamel(name),
    upper: toSnake(name).toUpperCase(),
    text: toText(name),
  };
}
