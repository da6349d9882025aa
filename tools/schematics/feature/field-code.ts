import type { FeatureNames } from '../../generate/feature-names.ts';
import type { FeatureField, FieldType } from '../../generate/feature-fields.ts';
import { toPascal, toPlural, toSnake } from '../../generate/words.ts';

/** The code that the templates need for one field. */
export interface FieldCode {
  name: string;
  isRequired: boolean;
  isUnique: boolean;
  isIndexed: boolean;
  /** Whether it may be `null` in requests and answers; a list and a choice always have a value. */
  isNullable: boolean;
  isSortable: boolean;
  /** `name: 'INVOICE_STATUSES'`, `type: 'InvoiceStatus'`, and the words. */
  choices: { name: string; type: string; words: string } | undefined;
  /** `@Prop` and the type of the schema. */
  prop: string;
  storedType: string;
  /** What of the index is not usual. */
  indexOptions: string;
  /** Decorator and type of the DTO. */
  decorator: string;
  inputType: string;
  /** Decorator, type and value of the answer. */
  viewField: string;
  viewType: string;
  viewValue: string;
  /** Decorator of the parameter of the list, and its type. */
  parameter: string;
  parameterType: string;
  /** For tests: a value that depends on the number `n`. */
  sample: string;
}

/** What sets the types apart. */
interface TypeCode {
  schema: string;
  stored: string;
  decorator: string;
  /** Options of the decorator, besides those that all have. */
  options?: string;
  input: string;
  view: string;
  /** Follows the value in the answer. */
  conversion?: string;
  parameter: string;
  sample: string;
  example: string;
}

const TYPES: Record<FieldType, TypeCode> = {
  string: {
    schema: 'String',
    stored: 'string',
    decorator: 'TextField',
    options: 'min: 1, max: 200',
    input: 'string',
    view: `type: 'string'`,
    parameter: 'FilterParameter({ maxLength: 200 }',
    sample: '`text ${n}`',
    example: `'text'`,
  },
  number: {
    schema: 'Number',
    stored: 'number',
    decorator: 'NumberField',
    input: 'number',
    view: `type: 'number'`,
    parameter: `ValueParameter('number'`,
    sample: 'n + 0.5',
    example: '12.5',
  },
  integer: {
    schema: 'Number',
    stored: 'number',
    decorator: 'NumberField',
    options: 'isWhole: true',
    input: 'number',
    view: `type: 'integer'`,
    parameter: `ValueParameter('integer'`,
    sample: 'n',
    example: '12',
  },
  boolean: {
    schema: 'Boolean',
    stored: 'boolean',
    decorator: 'BooleanField',
    input: 'boolean',
    view: `type: 'boolean'`,
    parameter: `ValueParameter('boolean'`,
    sample: 'n % 2 === 0',
    example: 'true',
  },
  date: {
    schema: 'Date',
    stored: 'Date',
    decorator: 'DateTimeField',
    input: 'string',
    view: `type: 'string', format: 'date-time'`,
    conversion: '.toISOString()',
    parameter: `ValueParameter('date'`,
    sample: 'new Date(n * 86_400_000).toISOString()',
    example: `'2026-11-05T09:30:00.000Z'`,
  },
  objectId: {
    schema: 'SchemaTypes.ObjectId',
    stored: 'mongo.ObjectId',
    decorator: 'ObjectIdField',
    input: 'string',
    view: `type: 'string', pattern: '^[0-9a-f]{24}$'`,
    conversion: '.toHexString()',
    parameter: `ValueParameter('objectId'`,
    sample: `n.toString(16).padStart(24, '0')`,
    example: `'6731f0c2a4b5c6d7e8f90123'`,
  },
  'string[]': {
    schema: '[String]',
    stored: 'string[]',
    decorator: 'TextListField',
    options: 'max: 50, maxItems: 50',
    input: 'string[]',
    view: `type: 'array', items: { type: 'string' }`,
    parameter: 'FilterParameter({ maxLength: 50 }',
    sample: '[`text ${n}`]',
    example: `['text']`,
  },
};

/** @param names - Of the feature that has the field */
export function toFieldCode(field: FeatureField, { one }: FeatureNames): FieldCode {
  const { name, isRequired, isUnique, isIndexed } = field;
  const choices = toChoices(field, one);
  const code = choices ? toChoiceCode(TYPES.string, choices) : TYPES[field.type];
  const isList = field.type === 'string[]';
  const isNullable = !isRequired && !isList && !choices;
  const orNull = isNullable ? ' | null' : '';
  const value = `${one.camel}.${name}`;
  const conversion = code.conversion ?? '';
  const given = isNullable ? `${value}${conversion && `?${conversion}`} ?? null` : `${value}${conversion}`;
  const options = [isRequired && 'required: true', code.options, `example: ${code.example}`].filter(Boolean);
  const has = isList ? 'that have this in' : 'with this';
  return {
    name,
    isRequired,
    isUnique,
    isIndexed,
    isNullable,
    isSortable: isIndexed && !isList,
    choices,
    prop: propOf(code, isRequired, choices),
    storedType: isNullable ? `?: ${code.stored}` : `!: ${code.stored}`,
    indexOptions: toIndexOptions(field),
    decorator: `${code.decorator}(${choices ? `${choices.name}, ` : ''}{ ${options.join(', ')} })`,
    inputType: `${isRequired ? '!' : '?'}: ${code.input}${orNull}`,
    viewField: `ViewField({ ${code.view}, ${isNullable ? 'nullable: true, ' : ''}example: ${code.example} })`,
    viewType: `${choices?.type ?? viewTypeOf(code)}${orNull}`,
    viewValue: isList ? `${value} ?? []` : given,
    parameter: `${code.parameter}, 'Only those ${has} \`${name}\`')`,
    parameterType: choices?.type ?? 'string',
    sample: code.sample,
  };
}

function toChoices({ name, choices }: FeatureField, one: FeatureNames['one']): FieldCode['choices'] {
  if (choices === undefined) return undefined;
  return {
    name: `${one.upper}_${toPlural(toSnake(name)).toUpperCase()}`,
    type: `${one.pascal}${toPascal(name)}`,
    words: choices.map((word) => `'${word}'`).join(', '),
  };
}

/** As text, but one of a few words. */
function toChoiceCode(text: TypeCode, { name, type, words }: NonNullable<FieldCode['choices']>): TypeCode {
  const [first = ''] = words.split(', ');
  return {
    ...text,
    stored: type,
    decorator: 'ChoiceField',
    options: '',
    input: type,
    view: `type: 'string', enum: [...${name}]`,
    parameter: `FilterParameter({ enum: ${name} }`,
    sample: first,
    example: first,
  };
}

function propOf({ schema }: TypeCode, isRequired: boolean, choices: FieldCode['choices']): string {
  const required = isRequired ? ', required: true' : '';
  if (!choices) return `{ type: ${schema}${required} }`;
  const byDefault = isRequired ? '' : `, default: ${choices.name}[0]`;
  return `{ type: ${schema}, enum: ${choices.name}, required: true${byDefault} }`;
}

/** A unique field that may be absent is absent in many documents. */
function toIndexOptions({ isUnique, isRequired }: FeatureField): string {
  if (!isUnique) return '';
  return isRequired ? ', { unique: true }' : ', { unique: true, sparse: true }';
}

/** JSON has no dates and ids. */
function viewTypeOf({ stored, conversion }: TypeCode): string {
  return conversion ? 'string' : stored;
}
