const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const STEP = 1_000;
/** Seconds in each unit, largest first. */
const TIME_UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** Bytes for people, in decimal units and three figures: `512 B`, `1.50 kB`, `23.4 MB`, `640 GB`. */
export function formatBytes(sizeBytes: number): string {
  let [value, unit] = [sizeBytes, 0];
  // 999.5 would be rounded to 1000.
  while (Math.abs(value) >= STEP - 0.5 && unit < BYTE_UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : threeFigures(value)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A whole number with a comma at the thousands: `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return String(typeof count === 'bigint' ? count : Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 index`, `2 indexes`, `1,000 indexes` */
export function formatQuantity(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A time span for people, in its two largest units: `0.8 ms`, `420 ms`, `3.4 s`, `2 min 5 s`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 999.5)
    return `${durationMs < 10 ? Number(durationMs.toFixed(1)) : Math.round(durationMs)} ms`;
  const seconds = durationMs / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  let left = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, size] of TIME_UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    // Two units that follow each other: `1 h 0 min` and not `1 h 5 s`.
    if (count > 0 || parts.length === 1) parts.push(`${count} ${unit}`);
    if (parts.length === 2) break;
  }
  return parts.join(' ').replace(/ 0 \w+$/, '');
}

function threeFigures(value: number): string {
  const digits = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
  return value.toFixed(digits);
}
