const COUNT = new Intl.NumberFormat('en');
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** @param {number} value */
export function count(value) {
  return COUNT.format(value);
}

/** @param {number} value */
export function bytes(value) {
  const power = value < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  const scaled = value / 1_000 ** power;
  return `${scaled < 10 && power > 0 ? scaled.toFixed(1) : COUNT.format(Math.round(scaled))} ${UNITS[power]}`;
}

/** @param {number | null} value - Milliseconds */
export function milliseconds(value) {
  if (value === null) return '–';
  if (value >= 1_000) return `${trim(value / 1_000)} s`;
  return `${trim(value)} ms`;
}

/** @param {number} value */
function trim(value) {
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(2)));
}

/**
 * A length of time in its two largest units.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** @param {Date} time */
export function clock(time) {
  return CLOCK.format(time);
}

/**
 * Only the time of day, when it is today.
 *
 * @param {Date} time
 */
export function moment(time) {
  const isToday = time.toDateString() === new Date().toDateString();
  return isToday ? CLOCK.format(time) : `${DATE.format(time)}, ${CLOCK.format(time)}`;
}

/**
 * @param {number} value
 * @param {string} one
 * @param {string} many
 */
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}
