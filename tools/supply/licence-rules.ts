import type { LockedPackage } from './lock-file.ts';

/** Licences under which code may be shipped with this service: they ask for no more than that their text goes along. */
const SHIPPED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
];
/** Those under which a tool may be used in development besides. */
const USED = [...SHIPPED, 'CC-BY-4.0', 'MPL-2.0'];

/**
 * Whether an SPDX expression can be met by allowed licences: of `OR` one side, of `AND` both. An exception (`WITH`) is not allowed, nor
 * what cannot be read.
 *
 * @see https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/ (`AND` binds closer than `OR`)
 */
export function isAllowed({ license = '', isDevelopment }: LockedPackage): boolean {
  const rest = license.match(/[()]|[^\s()]+/g) ?? [];
  const isMet = takeAlternatives(rest, isDevelopment ? USED : SHIPPED);
  return isMet && rest.length === 0;
}

/** Takes what it reads off the front of `rest`, also where it knows the result before: so do the two below. */
function takeAlternatives(rest: string[], allowed: readonly string[]): boolean {
  let isMet = takeParts(rest, allowed);
  while (takeWord(rest, 'OR')) isMet = takeParts(rest, allowed) || isMet;
  return isMet;
}

function takeParts(rest: string[], allowed: readonly string[]): boolean {
  let isMet = takeTerm(rest, allowed);
  while (takeWord(rest, 'AND')) isMet = takeTerm(rest, allowed) && isMet;
  return isMet;
}

function takeTerm(rest: string[], allowed: readonly string[]): boolean {
  const term = rest.shift() ?? '';
  if (term !== '(') return allowed.includes(term);
  const isMet = takeAlternatives(rest, allowed);
  return takeWord(rest, ')') && isMet;
}

function takeWord(rest: string[], word: string): boolean {
  return rest[0] === word && rest.shift() !== undefined;
}
