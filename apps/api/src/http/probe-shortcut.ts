import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { HealthReport, HealthService } from '#health';
import { givenRequestId } from './request-id.ts';
import type { RequestObserver } from './request-observer.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** An answer that is ready to be sent. */
interface Answer {
  status: number;
  text: string;
  /** Names and values in turn, as `writeHead` takes them. */
  headers: readonly string[];
}

const ALIVE = prepare(200, { status: 'ok' });

/**
 * Answers `GET /health` and `GET /health/live` before routing, with what their controller would answer: probes come often and from
 * everywhere, and the way through the framework costs several times the answer. Everything else goes on as before.
 *
 * An answer has a request id only when the caller gave one.
 */
export function answerProbesFirst(server: Server, health: HealthService, observer: RequestObserver): void {
  const summary = new Summary(health);
  const answers = new Map<string, () => Answer>([
    ['/health', () => summary.current],
    ['/health/live', () => ALIVE],
  ]);
  const others = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const route = request.url ?? '';
    const answer = request.method === 'GET' && !hasBody(request) ? answers.get(route)?.() : undefined;
    if (answer === undefined) {
      for (const listener of others) listener.call(server, request, response);
      return;
    }
    const startedAt = performance.now();
    const { status, text, headers } = answer;
    const requestId = givenRequestId(request);
    response.writeHead(
      status,
      requestId === undefined ? [...headers] : [...headers, 'x-request-id', requestId],
    );
    // All of it is ASCII; as one string of one encoding, header and body are copied faster.
    response.end(text, 'latin1');
    observer.observe({ requestId, method: 'GET', route, status, elapsedMs: performance.now() - startedAt });
  });
}

/** A probe with one takes the long way, which does not wait forever for the rest of it. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** The answer of `/health`, prepared anew when the report changes. */
class Summary {
  private report: HealthReport | undefined;
  private answer = ALIVE;

  constructor(private readonly health: HealthService) {}

  get current(): Answer {
    const { report } = this.health;
    if (report.mongodb.message !== this.report?.mongodb.message) {
      this.report = report;
      this.answer = prepare(report.status === 'healthy' ? 200 : 503, report);
    }
    return this.answer;
  }
}

function prepare(status: number, body: object): Answer {
  const text = JSON.stringify(body);
  const headers = {
    ...SECURITY_HEADERS,
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(text.length),
  };
  return { status, text, headers: Object.entries(headers).flat() };
}
