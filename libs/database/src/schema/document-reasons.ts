import { Document, Model, type Schema } from 'mongoose';
import { hooksOf } from './document-hooks.ts';
import { reasonsOfField } from './field-reasons.ts';
import { type FieldType, isIdleSetter, kindOf, partsOf, type SchemaParts } from './field-type.ts';

/** Hooks that no write meets; those of reads are refused where a repository is made. */
const HOOKS_ELSEWHERE =
  /^(aggregate|bulkWrite|count.*|createCollection|distinct|estimatedDocumentCount|find|findOne|init)$/;

/** Options of `toObject` that do not change what is stored. */
const HARMLESS_TO_OBJECT = ['virtuals', 'getters', 'transform', 'versionKey', 'aliases', 'flattenMaps'];

/**
 * Why documents of this schema need Mongoose's own `save`.
 *
 * @param schema - `model.schema`
 * @returns In words for people, with the path of a field; empty when there is no reason
 */
export function reasonsOf(schema: Schema): string[] {
  const parts = partsOf(schema);
  const reasons: string[] = [];
  if (!parts.$globalPluginsApplied) reasons.push('the schema belongs to no model yet');
  if (parts.paths._id === undefined) reasons.push('the schema has no _id');
  if (parts.discriminatorMapping !== undefined || parts.discriminators !== undefined) {
    reasons.push('the schema has discriminators');
  }
  return [...reasons, ...walk(schema, '', new Set())];
}

function walk(schema: Schema, prefix: string, seen: Set<Schema>): string[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const parts = partsOf(schema);
  const at = prefix === '' ? 'the schema' : prefix;
  const own = [...reasonsOfOptions(schema, parts), ...reasonsOfTimestamps(parts), ...reasonsOfCode(schema)];
  const reasons = own.map((reason) => `${at} ${reason}`);
  for (const [path, type] of Object.entries(parts.paths)) {
    if (path.includes('$')) continue;
    const full = prefix === '' ? path : `${prefix}.${path}`;
    for (let of: FieldType | undefined = type; of !== undefined; of = elementOf(of)) {
      reasons.push(...reasonsOfField(of).map((reason) => reason.replace(of.path, () => full)));
      if (of.schema !== undefined) reasons.push(...walk(of.schema, full, seen));
    }
    if (path.split('.').some((name) => name in Object.prototype))
      reasons.push(`${full} has a dangerous name`);
    if (kindOf(type) === 'whole' && full.includes('.')) reasons.push(`${full} is a map below the top`);
    reasons.push(...reasonsOfElements(type).map((reason) => `${full} ${reason}`));
  }
  return reasons;
}

/** Of documents it is Mongoose's wrapper of the schema, with validators of its own. */
function elementOf(type: FieldType): FieldType | undefined {
  return kindOf(type) === 'documents' ? undefined : (type.embeddedSchemaType ?? type.$__schemaType);
}

/** Mongoose's two ways to validate differ for these elements. */
function reasonsOfElements(type: FieldType): string[] {
  const element = type.embeddedSchemaType ?? type.$__schemaType;
  if (element === undefined) return [];
  const holdsParts = element.schema !== undefined || element.embeddedSchemaType !== undefined;
  if (kindOf(type) === 'whole' && holdsParts) return ['is a map of objects or arrays'];
  if (kindOf(type) === 'documents') {
    return element.validators.length > 0 ? ['has validators of its elements'] : [];
  }
  if (kindOf(element) === 'mixed' && element.validators.length > 0)
    return ['has validators of free elements'];
  if (kindOf(type) === 'array' && kindOf(element) === 'documents') return ['holds arrays of documents'];
  const isNested = element.embeddedSchemaType !== undefined;
  return isNested && hasChecks(element) ? ['has validators in an array of arrays'] : [];
}

function hasChecks(type: FieldType): boolean {
  if (type.validators.length > 0) return true;
  return type.embeddedSchemaType !== undefined && hasChecks(type.embeddedSchemaType);
}

function reasonsOfOptions(schema: Schema, { options, base }: SchemaParts): string[] {
  const reasons: string[] = [];
  if (options.strict !== true && options.strict !== 'throw') reasons.push('is not strict');
  if (options.validateBeforeSave === false) reasons.push('is not validated before save');
  for (const name of ['validateModifiedOnly', 'encryptionType', 'writeConcern', 'timeseries', 'collation']) {
    if (options[name]) reasons.push(`has the option ${name}`);
  }
  if (typeof options.versionKey === 'string' && options.versionKey.includes('.')) {
    reasons.push('has a nested version key');
  }
  const toObject = { ...base?.options?.toObject, ...options.toObject };
  const changing = Object.keys(toObject).find((name) => !HARMLESS_TO_OBJECT.includes(name));
  if (changing !== undefined) reasons.push(`has the toObject option ${changing}`);
  // An empty array under such an index is left out.
  if (schema.indexes().some(([keys]) => Object.values(keys).some((kind) => String(kind).startsWith('2d')))) {
    reasons.push('has a geospatial index');
  }
  return reasons;
}

function reasonsOfTimestamps({ $timestamps, options, paths }: SchemaParts): string[] {
  const reasons: string[] = [];
  const { timestamps } = options;
  if (typeof timestamps === 'object' && timestamps !== null && 'currentTime' in timestamps) {
    reasons.push('has a clock of its own');
  }
  for (const name of [$timestamps?.createdAt, $timestamps?.updatedAt]) {
    const type = name ? paths[name] : undefined;
    if (!name || type === undefined) continue;
    const setters = type.setters.filter((setter) => !isIdleSetter(type, setter));
    if (name.includes('.') || kindOf(type) !== 'date' || setters.length > 0) {
      reasons.push(`has an unusual timestamp ${name}`);
    }
  }
  return reasons;
}

function reasonsOfCode(schema: Schema): string[] {
  const { aliases, callQueue, methods, virtuals } = partsOf(schema);
  const reasons = hooksOf(schema).flatMap(({ when, name }) =>
    HOOKS_ELSEWHERE.test(name) ? [] : [`has a ${when} ${name} hook`],
  );
  if (Object.keys(aliases).length > 0) reasons.push('has aliases');
  if (callQueue.length > 0) reasons.push('has queued calls');
  for (const name of Object.keys(methods)) {
    if (name in Document.prototype || name in Model.prototype) reasons.push(`replaces the method ${name}`);
  }
  for (const [name, { setters, options }] of Object.entries(virtuals)) {
    if (setters.length > 0 && options.ref === undefined) reasons.push(`has a setter of the virtual ${name}`);
  }
  return reasons;
}
