/** RFC 3339 with `T` and `Z` in capitals: https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * Whether a text is a moment that exists, in the years 1 to 9999 of UTC. `new Date('2026-02-30T00:00:00Z')` would be the second of March.
 */
export function isDateTime(text: string): boolean {
  const [, year, month, day] = DATE_TIME.exec(text) ?? [];
  if (year === undefined) return false;
  if (!isDay(Number(year), Number(month), Number(day))) return false;
  const utcYear = new Date(text).getUTCFullYear();
  return utcYear >= 1 && utcYear <= 9_999;
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  // Not of the constructor: that takes the years 0 to 99 for those of 1900 on.
  const last = new Date(0);
  last.setUTCFullYear(year, month, 0);
  return day <= last.getUTCDate();
}
