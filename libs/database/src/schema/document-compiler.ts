import type { mongo, Schema } from 'mongoose';
import { compileBuilder } from './document-builder.ts';
import { writeByDraft } from './document-draft.ts';
import { reasonsOf } from './document-reasons.ts';
import { ValidatorAsyncError } from './field-checks.ts';

/** Makes of an input what Mongoose would store, with the schema's own casts, setters, defaults and validators. */
export interface DocumentWriter {
  /**
   * @param input - Left as it is
   * @param at - Time of the timestamps
   * @returns A plain document for the driver, with `_id`, timestamps and version key; shares no date or array with `input`
   * @throws {@link DocumentInvalidError} With every field that is refused, as Mongoose would name it
   */
  write(input: object, at: Date): mongo.Document;
}

/** Either a writer, or why this schema needs Mongoose's own `save`. */
export type WriterCompilation =
  { isCompiled: true; writer: DocumentWriter } | { isCompiled: false; reasons: readonly string[] };

/**
 * Reads a schema once and makes a writer without documents, change tracking and hooks. What it does not know well is left to a
 * Mongoose document, one by one, so that the outcome is the same; this includes every document that is refused, for which
 * defaults and validators then run twice.
 *
 * @param schema - `model.schema`: plugins, `__v` and virtuals must be there
 * @returns The reasons in words for people, such as "email has an async validator"
 */
export function compileDocumentWriter(schema: Schema): WriterCompilation {
  const reasons = reasonsOf(schema);
  if (reasons.length > 0) return { isCompiled: false, reasons };
  const build = compileBuilder(schema);
  const write = (input: object, at: Date): mongo.Document => {
    try {
      return build(input, at);
    } catch (error) {
      if (error instanceof ValidatorAsyncError) throw error;
      return writeByDraft(schema, input, at);
    }
  };
  return { isCompiled: true, writer: { write } };
}
