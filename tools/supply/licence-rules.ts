import type { LockedPackage } from './lock-file.ts';

/** Licences under which code may be shipped with this service: they ask for no more than to be named. */
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

/** Whether an SPDX expression can be met by allowed licences: of `OR` one side, of `AND` both. */
export function isAllowed({ license = '', isDevelopment }: LockedPackage): boolean {
  const allowed = isDevelopment ? USED : SHIPPED;
  const terms = license.replaceAll(/[()]/g, '');
  return terms.split(' OR ').some((side) => side.split(' AND ').every((term) => allowed.includes(term)));
}
