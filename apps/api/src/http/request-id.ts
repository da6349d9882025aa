import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A request id that a client or proxy may choose. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The id that the caller sent in `X-Request-Id`, when it is a plain one, else a new one. */
export function chooseRequestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}
