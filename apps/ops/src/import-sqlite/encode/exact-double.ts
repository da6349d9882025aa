/** What `toPrecision` takes, and the longest text that is looked at. */
const MOST_DIGITS = 100;
const MOST_CHARACTERS = 1_000;

/**
 * The double that decimal text means.
 *
 * @returns `undefined` when there is none that has the digits of the text, in as many places as that has
 */
export function exactDouble(text: string): number | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const number = Number(text);
  const digits = digitsOf(text);
  if (!Number.isFinite(number) || digits.length > MOST_DIGITS) return undefined;
  return digits === digitsOf(number.toPrecision(Math.max(1, digits.length))) ? number : undefined;
}

/** Those between the zeros at both ends. */
function digitsOf(text: string): string {
  const [mantissa = ''] = text.split(/e/i);
  return mantissa.replaceAll(/\D/g, '').replaceAll(/^0+|0+$/g, '');
}
