import { isKeyword } from './feature-names.ts';
import { UsageError } from './usage.error.ts';

export const FIELD_TYPES = [
  'string',
  'number',
  'integer',
  'boolean',
  'date',
  'objectId',
  'string[]',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** One field of a feature, as `--field` describes it. */
export interface FeatureField {
  name: string;
  type: FieldType;
  isRequired: boolean;
  isUnique: boolean;
  /** Lists can be filtered by it, and sorted. */
  isIndexed: boolean;
  /** The words that it may be; `undefined` for any text. */
  choices: string[] | undefined;
}

/** What a feature has when no field is given. */
export const DEFAULT_FIELDS = ['name:string:required:index'];

const FLAGS = 'required, unique, index, enum(a|b)';
const NAME = /^[a-z][a-zA-Z0-9]{0,39}$/;
const CHOICE = /^[A-Za-z0-9][\w -]{0,49}$/;
/** Fields and parameters that every resource has, and what a Mongoose document has. */
const TAKEN = [
  'id',
  'createdAt',
  'updatedAt',
  'version',
  'limit',
  'cursor',
  'count',
  'sort',
  'collection',
  'db',
  'emit',
  'errors',
  'get',
  'init',
  'isModified',
  'isNew',
  'listeners',
  'modelName',
  'on',
  'once',
  'populated',
  'prototype',
  'remove',
  'removeListener',
  'save',
  'schema',
  'set',
  'toObject',
  'validate',
];

/**
 * @param texts - Each `NAME:TYPE[:FLAG…]`
 * @throws {@link UsageError} Which says what is allowed
 */
export function toFields(texts: readonly string[]): FeatureField[] {
  const fields = texts.map(toField);
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`The field "${twice}" is there twice`);
  return fields;
}

function toField(text: string): FeatureField {
  const [name = '', type = '', ...flags] = text.split(/:(?![^(]*\))/);
  if (!NAME.test(name))
    throw new UsageError(`"${name}" is no name of a field: take letters and digits, such as dueAt`);
  if (TAKEN.includes(name) || name in Object.prototype || isKeyword(name))
    throw new UsageError(`The field "${name}" is reserved: it has a meaning already`);
  if (!isType(type)) {
    const wrong = type === '' ? 'needs a type' : `has the type "${type}"`;
    throw new UsageError(`The field "${name}" ${wrong}: take one of ${FIELD_TYPES.join(', ')}`);
  }
  const field: FeatureField = {
    name,
    type,
    isRequired: flags.includes('required'),
    isUnique: flags.includes('unique'),
    isIndexed: flags.includes('index') || flags.includes('unique'),
    choices: undefined,
  };
  for (const flag of flags) {
    const choices = /^enum\((.*)\)$/.exec(flag)?.[1];
    if (choices !== undefined) field.choices = toChoices(field, choices.split('|'));
    else if (!['required', 'unique', 'index'].includes(flag))
      throw new UsageError(`The field "${name}" has the flag "${flag}": take ${FLAGS}`);
  }
  if (field.isUnique && (type === 'boolean' || type === 'string[]' || field.choices))
    throw new UsageError(`The field "${name}" cannot be unique: there would soon be no value left to take`);
  return field;
}

function toChoices({ name, type }: FeatureField, choices: string[]): string[] {
  if (type !== 'string')
    throw new UsageError(`The field "${name}" is no string: only a string has enum(a|b)`);
  const isGood = choices.every((choice) => CHOICE.test(choice)) && new Set(choices).size === choices.length;
  if (!isGood)
    throw new UsageError(
      `The field "${name}" needs different words in enum(a|b): letters, digits, "_", "-" and spaces`,
    );
  return choices;
}

function isType(text: string): text is FieldType {
  return FIELD_TYPES.includes(text as FieldType);
}
