import type { mongo, Schema } from 'mongoose';
import { compileDocumentWriter, type DocumentWriter } from '../schema/document-compiler.ts';
import { compileFilter } from '../schema/filter-compiler.ts';
import { compileUpdate } from '../schema/update-compiler.ts';

/** How the documents of a model are written. */
export interface WriteExplanation {
  /** `compiled`: cast, checked and stamped by plain functions; `mongoose`: through a Mongoose document. */
  writes: 'compiled' | 'mongoose';
  /** What the schema uses that only Mongoose does; empty when compiled. */
  reasons: readonly string[];
}

/** What a repository does to inputs before they reach the driver; decided once for a model. */
export class ModelPlan {
  readonly toFilter: (filter: object) => mongo.Document;
  readonly toUpdate: ReturnType<typeof compileUpdate>;
  /** Absent when documents have to go through Mongoose. */
  readonly writer: DocumentWriter | undefined;
  readonly versionKey: string | undefined;
  readonly explanation: WriteExplanation;

  constructor(schema: Schema) {
    this.toFilter = compileFilter(schema);
    this.toUpdate = compileUpdate(schema);
    const { versionKey } = schema.options;
    this.versionKey = typeof versionKey === 'string' ? versionKey : undefined;
    const compilation = compileDocumentWriter(schema);
    this.writer = compilation.isCompiled ? compilation.writer : undefined;
    this.explanation = compilation.isCompiled
      ? { writes: 'compiled', reasons: [] }
      : { writes: 'mongoose', reasons: compilation.reasons };
  }
}

/** Whether a filter matches every document. */
export function matchesEverything(filter: mongo.Document): boolean {
  return Object.entries(filter).every(([key, value]) => {
    if (key === '$and') return (value as mongo.Document[]).every(matchesEverything);
    if (key === '$or') return (value as mongo.Document[]).some(matchesEverything);
    return false;
  });
}
