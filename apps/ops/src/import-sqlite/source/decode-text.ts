import { isUtf8 } from 'node:buffer';

/** How a file keeps its texts. @see https://sqlite.org/pragma.html#pragma_encoding */
export type TextEncoding = 'UTF-16be' | 'UTF-16le' | 'UTF-8';

/** The text that bytes are, or `undefined` where they are no valid text. Nothing is left out at the beginning, as a byte order mark would be. */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding): string | undefined {
  if (encoding === 'UTF-8') return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : undefined;
  if (bytes.length % 2 !== 0) return undefined;
  const units = Buffer.from(bytes);
  const text = (encoding === 'UTF-16be' ? units.swap16() : units).toString('utf16le');
  return text.isWellFormed() ? text : undefined;
}
