import type { Schema } from 'mongoose';
import { partsOf } from './field-type.ts';

/** Mongoose marks its own hooks with it. */
const BUILT_IN = Symbol.for('mongoose:built-in-middleware');

/** Operations that never become one of Mongoose, in which its hooks would run. */
const WITHOUT_MONGOOSE =
  /^(aggregate|bulkWrite|count|countDocuments|distinct|estimatedDocumentCount|find|findOne|insertMany)$/;

/** A hook of the application, such as `{ when: 'pre', name: 'save' }`. */
interface OwnHook {
  when: 'post' | 'pre';
  name: string;
}

/** The hooks of a schema that are not Mongoose's own. */
export function hooksOf(schema: Schema): OwnHook[] {
  const { _pres, _posts } = partsOf(schema).s.hooks;
  const all = [
    ...Array.from(_pres, ([name, entries]) => ({ when: 'pre' as const, name, entries })),
    ...Array.from(_posts, ([name, entries]) => ({ when: 'post' as const, name, entries })),
  ];
  return all.flatMap(({ when, name, entries }) =>
    entries.some(({ fn }) => !(BUILT_IN in fn)) ? [{ when, name }] : [],
  );
}

/**
 * Reads go to the driver and bulk writes are split into commands, so that these hooks would never run.
 *
 * @throws {TypeError} When the schema has one of them
 */
export function refuseIdleHooks(schema: Schema): void {
  const hook = hooksOf(schema).find(({ name }) => WITHOUT_MONGOOSE.test(name));
  if (hook === undefined) return;
  throw new TypeError(
    `The schema has a ${hook.when} ${hook.name} hook, which a repository would never run: ` +
      'put what it does into a method of the repository, or leave hooks of reads out of the schema',
  );
}
