import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { mongo } from 'mongoose';
import type { PageDirection } from './keyset-filter.ts';
import { CursorInvalidError } from './page.error.ts';

const { EJSON } = mongo.BSON;
const MINIMUM_KEY_BYTES = 32;
const MAC_BYTES = 32;
const VERSION = 1;

/** Where a page begins. */
export interface PageCursor {
  direction: PageDirection;
  /** The sort values of the document that it begins behind. */
  position: unknown[];
  /** Begins at that document. */
  isInclusive?: boolean;
}

interface Payload {
  v: typeof VERSION;
  /** Hash of the query that it belongs to. */
  q: string;
  d: PageDirection;
  i?: boolean;
  k: unknown[];
}

/**
 * Turns positions into texts that clients hand back: opaque, and signed, so that nobody can make one up. Signed is not secret: who
 * knows base64 can read the sort values of the last document, so do not sort by what a client may not see.
 */
export class CursorCodec {
  readonly #keys: readonly string[];

  /**
   * @param key - Secret of at least 32 bytes, the same in all instances; several to change it, the new one first
   * @throws {RangeError} When one is too short
   */
  constructor({ key }: { key: string | readonly string[] }) {
    this.#keys = [key].flat();
    if (this.#keys.length === 0 || this.#keys.some((one) => Buffer.byteLength(one) < MINIMUM_KEY_BYTES)) {
      throw new RangeError(`The key of the cursors has at least ${MINIMUM_KEY_BYTES} bytes`);
    }
  }

  /**
   * @param query - Whatever the position depends on; a cursor is good for the same query only
   * @returns URL-safe text
   */
  encode({ direction, position, isInclusive }: PageCursor, query: string): string {
    const payload: Payload = {
      v: VERSION,
      q: hashOf(query),
      d: direction,
      ...(isInclusive && { i: true }),
      k: position.map(exact),
    };
    const body = Buffer.from(EJSON.stringify(payload, { relaxed: false }));
    const [key = ''] = this.#keys;
    return Buffer.concat([macOf(body, key), body]).toString('base64url');
  }

  /** @throws {@link CursorInvalidError} When it was changed, made up, or given out for another query */
  decode(text: string, query: string): PageCursor {
    const bytes = Buffer.from(text, 'base64url');
    const mac = bytes.subarray(0, MAC_BYTES);
    const body = bytes.subarray(MAC_BYTES);
    // Other texts may stand for the same bytes.
    const isGenuine =
      bytes.toString('base64url') === text &&
      mac.length === MAC_BYTES &&
      this.#keys.some((key) => timingSafeEqual(mac, macOf(body, key)));
    if (!isGenuine) throw new CursorInvalidError('not-genuine');
    const payload = EJSON.parse(body.toString(), { relaxed: false }) as Omit<Payload, 'v'> & { v: unknown };
    // One of another release.
    if (Number(payload.v) !== VERSION) throw new CursorInvalidError('not-genuine');
    if (payload.q !== hashOf(query)) throw new CursorInvalidError('other-query');
    return { direction: payload.d, position: payload.k, ...(payload.i && { isInclusive: true }) };
  }
}

function macOf(body: Buffer, key: string): Buffer {
  return createHmac('sha256', key).update(body).digest();
}

function hashOf(query: string): string {
  return createHash('sha256').update(query).digest().subarray(0, 16).toString('base64url');
}

/** Extended JSON would write a large whole number as a 64-bit one with other last digits. */
function exact(value: unknown): unknown {
  if (typeof value === 'number') return new mongo.Double(value);
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, exact(inner)]));
}
