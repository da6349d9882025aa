import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** A request id that a client or proxy may choose. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The id that the caller sent in `X-Request-Id`, when it is a plain one. */
export function givenRequestId({ headers }: IncomingMessage): string | undefined {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : undefined;
}

/** The id that the caller sent, or a new one. */
export function chooseRequestId(request: IncomingMessage): string {
  return givenRequestId(request) ?? randomUUID();
}
