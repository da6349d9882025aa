import { leaveToMongoose } from './field-caster.ts';
import type { SchemaParts } from './field-type.ts';

/** Strict mode drops a field that is not in the schema; a dotted name, or a virtual with a setter, may lead to one that is. */
export function checkUnknown(parts: SchemaParts, path: string, key = path): void {
  const isDropped =
    parts.options.strict === true && !key.includes('.') && !Object.hasOwn(parts.virtuals, path);
  if (!isDropped && !isIdle(parts, path)) leaveToMongoose();
}

function isIdle(parts: SchemaParts, path: string): boolean {
  return Object.hasOwn(parts.virtuals, path) && parts.virtuals[path]?.setters.length === 0;
}
