import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { ofCode, PROBLEM_CONTENT_TYPE, RETRY_AFTER_SECONDS, toProblem, type ProblemKind } from './problem.ts';
import { toProblemKind } from './problem-kinds.ts';
import { hasBody } from './probe-shortcut.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Requests of one connection that may be under way at once: clients that do not wait for an answer before the next request are rare, and send few. */
export const MAX_UNDER_WAY = 32;
/** How long the rest of a request may take that has its answer, in milliseconds. */
const REST_TIMEOUT_MS = 10_000;
/** How long the body of a request may take that came behind another one, whose answer its own has to wait for, in milliseconds. */
const BEHIND_TIMEOUT_MS = 30_000;
/** How long the client may take nothing of a complete answer, in milliseconds; Node looks twice, so that it can be twice as long. */
const UNREAD_TIMEOUT_MS = 30_000;

/**
 * Sets the bounds of every request, also of those that come to no route: how many a connection may have under way, and how long is
 * waited for a client that has its answer.
 */
export function boundRequests(server: Server): void {
  const others = server.listeners('request') as RequestListener[];
  const connections = new Connections();
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const count = connections.take(request.socket, response);
    if (count === undefined) {
      if (connections.isFirstRefused(request.socket)) refuseMore(request, response);
      return;
    }
    if (count > 1 && hasBody(request)) requireRest(request, BEHIND_TIMEOUT_MS);
    response.once('prefinish', () => awaitClient(request, response));
    for (const listener of others) listener.call(server, request, response);
  });
  // Node would leave such a connection open, and take what comes.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    answerLast(request, response, toProblemKind({ statusCode: 417 })),
  );
}

/** How many requests each connection has under way. */
class Connections {
  readonly #underWay = new WeakMap<Socket, number>();
  readonly #refused = new WeakSet<Socket>();

  /** @returns How many there are with this one; `undefined` when there was no room for it */
  take(socket: Socket, response: ServerResponse): number | undefined {
    const count = (this.#underWay.get(socket) ?? 0) + 1;
    if (count > MAX_UNDER_WAY) return undefined;
    this.#underWay.set(socket, count);
    response.once('close', () => this.#underWay.set(socket, (this.#underWay.get(socket) ?? 1) - 1));
    return count;
  }

  /** Others may have been read together with it: they get no answer, since the connection closes before their turn. */
  isFirstRefused(socket: Socket): boolean {
    const isFirst = !this.#refused.has(socket);
    this.#refused.add(socket);
    return isFirst;
  }
}

/** What comes behind it is not read any more. */
function refuseMore(request: IncomingMessage, response: ServerResponse): void {
  request.socket.pause();
  answerLast(request, response, ofCode('TOO_MANY_REQUESTS'), { 'retry-after': String(RETRY_AFTER_SECONDS) });
}

/** Closes the connection behind the answer, which waits for those of the requests before. */
function answerLast(
  { url = '/' }: IncomingMessage,
  response: ServerResponse,
  kind: ProblemKind,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = JSON.stringify(toProblem(kind, url));
  response.writeHead(kind.status, {
    ...SECURITY_HEADERS,
    ...headers,
    'content-type': PROBLEM_CONTENT_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

/** All of the answer is with the socket: from here on only the client is waited for. The next request has the time of the server again. */
function awaitClient(request: IncomingMessage, response: ServerResponse): void {
  response.setTimeout(UNREAD_TIMEOUT_MS);
  if (!request.complete) dismiss(request);
}

/** Lets go of a request that was answered before all of it was there: what still comes is not kept, and not waited for forever. */
function dismiss(request: IncomingMessage): void {
  // A reader that has stopped may still listen, and the request would wait for it.
  request.removeAllListeners('readable').resume();
  requireRest(request, REST_TIMEOUT_MS);
}

/** Ends the connection when not all of the request has come in time. */
function requireRest(request: IncomingMessage, timeoutMs: number): void {
  setTimeout(() => request.complete || request.socket.destroy(), timeoutMs).unref();
}
