import { createHash } from 'node:crypto';

/** The same for two bodies of the same meaning, whatever the order of their fields and the spaces between them. */
export function fingerprintOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(toSorted(body)) ?? '')
    .digest('base64url');
}

function toSorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toSorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, toSorted(item)]));
}
