/** The releases that get updates for years and may follow each other: one step at a time. */
const MAJORS = ['4.4', '5.0', '6.0', '7.0', '8.0'] as const;
/** Gets no updates any more, and everything before it: https://www.mongodb.com/legal/support-policy/lifecycles */
const LAST_ENDED = '6.0';
/** The oldest on which this application runs. */
export const OLDEST_SUPPORTED = '6.0';
/** The newest that was known when this was written. */
export const NEWEST_KNOWN = '8.0';

/** A version without its patch as a number to compare: 800 for `8.0.4`, 802 for `8.2`. */
export function seriesOf(version: string): number {
  const [major = '', minor = '0'] = version.split('.');
  return Number(major) * 100 + Number(minor);
}

/** `8.0` for `8.0.4` */
export function seriesName(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

export function isEndOfLife(version: string): boolean {
  return seriesOf(version) <= seriesOf(LAST_ENDED);
}

/**
 * The only version to which an upgrade may go: a step is never left out.
 *
 * @returns `null` when none is known; of a minor release it depends on what else has come out of its series
 * @see https://www.mongodb.com/docs/manual/reference/versioning/
 */
export function nextMajor(version: string): string | null {
  if (isMinorRelease(version)) return null;
  return MAJORS.find((major) => seriesOf(major) > seriesOf(version)) ?? null;
}

/** Whether it is a release between two majors, which has its own way on. Up to 5.0 the second number named majors as well. */
export function isMinorRelease(version: string): boolean {
  const series = seriesOf(version);
  return series > seriesOf('5.0') && series % 100 !== 0;
}
