/** Objects and lists in each other, at most. */
export const MAX_JSON_DEPTH = 20;

/** Whether a value of JSON has more than `levels` objects and lists in each other. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((item) => isDeeper(item, levels - 1));
}
