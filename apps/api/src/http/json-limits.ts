import { ProblemException } from './problem.exception.ts';

/** Objects and lists in each other, at most. */
export const MAX_JSON_DEPTH = 20;
/** Values of one text altogether, at most: fields, entries of lists, and what holds them. */
export const MAX_JSON_VALUES = 10_000;

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Whether JSON goes beyond the limits, and which one. It is the text that is looked at, once: a megabyte of empty lists would be twenty
 * megabytes of objects, and every step after that takes its time with each of them. An empty object or list counts twice.
 *
 * @param text - What is no JSON has any answer
 */
export function excessOf(text: string): 'depth' | 'values' | undefined {
  let [depth, values] = [0, 1];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) values += 1;
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      depth += 1;
      values += 1;
      if (depth > MAX_JSON_DEPTH) return 'depth';
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth -= 1;
    if (values > MAX_JSON_VALUES) return 'values';
  }
  return undefined;
}

/** Place of the quote that ends the string which begins at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

/** What is answered to a text, or a line, with more values than {@link MAX_JSON_VALUES}. */
export function tooManyValues(): ProblemException {
  return new ProblemException('INPUT_INVALID', [
    { path: '', message: `must have at most ${MAX_JSON_VALUES} values, of all objects and lists together` },
  ]);
}
