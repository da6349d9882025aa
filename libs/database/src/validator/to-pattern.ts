/** What matches one ASCII character in JavaScript and in PCRE alike, and what puts such together. */
const LITERAL = String.raw`[A-Za-z0-9 _@,:;=<>!"'%&~\`#\/-]`.replace('\\`', '`');
const ESCAPED = String.raw`\\[.\\\/+*?()[\]{}^$|dw-]`;
const IN_CLASS = String.raw`[A-Za-z0-9 _@.,:;=+*?<>!"'%&~#\/(){}|$-]|\\[dw.\\\]\[\/^+*?(){}|$-]`;
const CLASS = String.raw`\[(?!\^)(?:${IN_CLASS})+\]`;
const JOINT = String.raw`[()|^$*+?]|\{\d+(?:,\d*)?\}`;
const PORTABLE = new RegExp(`^(?:${LITERAL}|${ESCAPED}|${CLASS}|${JOINT})*$`);

/**
 * Writes a pattern of JavaScript for the server, where both understand it alike: with ASCII only, without negations and `.`, since
 * JavaScript counts a character outside the basic plane twice.
 *
 * @returns `undefined` when it may refuse there what is accepted here
 */
export function toPattern({ source, flags }: RegExp): string | undefined {
  if (!['', 'i'].includes(flags) || !PORTABLE.test(source)) return undefined;
  // Mongoose does not match an empty string against it.
  return `${flags === 'i' ? '(?i)' : ''}^$|(?:${source})`;
}
