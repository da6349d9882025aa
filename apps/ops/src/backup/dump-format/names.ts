import { createHash } from 'node:crypto';

/** How a dump says by what it was written: in its prelude, and in the metadata of each collection. */
export const TOOL_NAME = 'openai-outreach-ops';
/** Prefix of the collection that holds the documents of a time series. */
export const BUCKETS_PREFIX = 'system.buckets.';
/** Marks a database that is being restored; dropped when that is complete, and no part of what people keep. */
export const MARKER_COLLECTION = 'ops_restore_unfinished';

/** Longest name that leaves room for `.metadata.json.gz` within the 255 bytes that file systems allow. */
const LONGEST_STEM = 238;
const CUT_STEM = 208;

/**
 * Name of the files of a collection, without what follows: percent-encoded as Go's `url.QueryEscape`. A name that would be too
 * long is cut, with its SHA-1 behind; the metadata then hold the whole name.
 */
export function toFileStem(collection: string): string {
  const escaped = encodeURIComponent(collection)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
  if (escaped.length <= LONGEST_STEM) return escaped;
  const hash = createHash('sha1').update(collection).digest('base64url');
  return `${escaped.slice(0, CUT_STEM)}%24${hash}`;
}

/** Whether the name of the collection was too long, so that only the metadata know it. */
export function isCutStem(stem: string): boolean {
  return stem.length === LONGEST_STEM && stem.slice(CUT_STEM).startsWith('%24');
}

/**
 * Name of the collection; the reverse of {@link toFileStem} where it was not cut.
 *
 * @throws {URIError} When a percent sign is not followed by two hex digits, or the bytes are not UTF-8
 */
export function fromFileStem(stem: string): string {
  return decodeURIComponent(stem.replaceAll('+', '%20'));
}
