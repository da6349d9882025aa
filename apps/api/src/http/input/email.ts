const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const ADDRESS = String.raw`${ATOM}(?:\.${ATOM})*@(?:${LABEL}\.)+${LABEL}`;

/** For the API documentation. */
export const EMAIL_PATTERN = `^${ADDRESS}$`;
/**
 * An address as people write it, in ASCII, with a domain of at least two parts; an international domain in its `xn--` form. Spaces around
 * it are cut off when it is stored.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2
 */
const EMAIL = new RegExp(String.raw`^\s*${ADDRESS}\s*$`);

/** Longest address and longest part before the `@`, in characters: https://www.rfc-editor.org/errata/eid1690 */
export const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;

export function isEmail(text: string): boolean {
  return EMAIL.test(text) && text.trim().indexOf('@') <= MAX_LOCAL_LENGTH;
}
