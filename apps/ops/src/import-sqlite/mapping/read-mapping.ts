import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseDocument } from 'yaml';
import { EXIT } from '../../exit-codes.ts';
import { ImportError } from '../import-sqlite.error.ts';
import { mappingSchema } from './mapping-schema.ts';
import type { Mapping } from './mapping.ts';

/**
 * Reads a mapping file: YAML, or JSON, which is YAML as well.
 *
 * @throws {@link ImportError} `MAPPING_INVALID`, with every mistake that was found
 */
export function readMapping(path: string): Mapping {
  const name = basename(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(name, ['the file cannot be read'], cause);
  }
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    const mistakes = document.errors.map(({ message }) => message.split('\n')[0]?.replace(/:$/, '') ?? '');
    throw invalid(name, mistakes);
  }
  const { error, value } = mappingSchema.validate(document.toJS({ maxAliasCount: 100 }) ?? {});
  if (error) {
    throw invalid(
      name,
      error.details.map(({ message }) => message),
    );
  }
  const { $schema: _, ...mapping } = value;
  return mapping;
}

/** What is wrong with a mapping, as one error. */
export function invalid(name: string, mistakes: readonly string[], cause?: unknown): ImportError {
  return new ImportError('MAPPING_INVALID', `The mapping ${name} cannot be used: ${mistakes.join('; ')}`, {
    exitCode: EXIT.usage,
    nextStep:
      'docs/import-sqlite.md describes the mapping; docs/import-sqlite.schema.json checks it in an editor',
    cause,
  });
}
