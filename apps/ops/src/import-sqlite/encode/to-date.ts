import type { DateFormat } from '../mapping/mapping.ts';
import type { SqlValue } from '../source/sqlite-source.ts';

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d))?$/i;
/** Julian day of 1970-01-01 00:00 UTC. */
const JULIAN_EPOCH = 2_440_587.5;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** @see https://tc39.es/ecma262/#sec-time-values-and-time-range */
const MAX_TIME_MS = 8.64e15;
/** Of a millisecond: what a double adds by itself, and where it counts days, of which it is exact to some hundredths of one only. */
const TOLERANCE = 1e-3;
const JULIAN_TOLERANCE = 5e-2;

/**
 * Reads a date in one of the ways in which SQLite keeps them: text as ISO 8601, in UTC unless it says otherwise; INTEGER as seconds since
 * 1970; REAL as a Julian day.
 *
 * @param truncate - Whether what is below the millisecond may be lost
 * @returns `undefined` for what is no date, or would lose digits
 * @see https://sqlite.org/datatype3.html#date_and_time_datatype
 */
export function toDate(value: SqlValue, format: DateFormat, truncate: boolean): Date | undefined {
  const timeMs = toTimeMs(value, format, truncate);
  return timeMs === undefined || Math.abs(timeMs) > MAX_TIME_MS ? undefined : new Date(timeMs);
}

function toTimeMs(value: SqlValue, format: DateFormat, truncate: boolean): number | undefined {
  if (typeof value === 'string') {
    if (format === 'auto' || format === 'iso') return fromIso(value, truncate);
    // Numbers that were stored as text.
    return /^[+-]?\d+(\.\d+)?$/.test(value) ? fromNumber(Number(value), format, truncate) : undefined;
  }
  if (typeof value === 'bigint')
    return fromNumber(Number(value), format === 'auto' ? 'unix' : format, truncate);
  if (typeof value === 'number') return fromNumber(value, format === 'auto' ? 'julian' : format, truncate);
  return undefined;
}

function fromNumber(number: number, format: DateFormat, truncate: boolean): number | undefined {
  if (format === 'unix') return wholeMs(number * 1_000, truncate);
  if (format === 'unixMs') return wholeMs(number, truncate);
  if (format === 'julian') return wholeMs((number - JULIAN_EPOCH) * DAY_MS, truncate, JULIAN_TOLERANCE);
  return undefined;
}

function wholeMs(timeMs: number, truncate: boolean, tolerance = TOLERANCE): number | undefined {
  const rounded = Math.round(timeMs);
  if (Math.abs(rounded - timeMs) <= tolerance) return rounded;
  return truncate ? Math.floor(timeMs) : undefined;
}

function fromIso(text: string, truncate: boolean): number | undefined {
  const parts = ISO.exec(text.trim());
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', , sign, zoneHours, zoneMinutes] = parts;
  if (!truncate && /[1-9]/.test(fraction.slice(3))) return undefined;
  const date = new Date(0);
  // Unlike Date.UTC, this takes the years before 100 as they are.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  const [hours, minutes, seconds] = [hour, minute, second].map((part) => Number(part ?? 0));
  if (!isDay || (hours ?? 0) > 23 || (minutes ?? 0) > 59 || (seconds ?? 0) > 59) return undefined;
  date.setUTCHours(hours ?? 0, minutes, seconds, Number(fraction.slice(0, 3).padEnd(3, '0')));
  const zone = (Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0)) * MINUTE_MS;
  return date.getTime() - (sign === '-' ? -zone : zone);
}
