import { DatabaseError, scopeDigest } from '#database';
import {
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { toProblemKind } from '../problem-kinds.ts';
import { ProblemException } from '../problem.exception.ts';
import { PROBLEM_CONTENT_TYPE, toProblem } from '../problem.ts';
import { fingerprintOf } from './fingerprint.ts';
import { IdempotencyStore, type KeptAnswer } from './idempotency.store.ts';
import { reserveId } from './reserved-id.ts';

const KEY = /^[\x20-\x7e]{1,255}$/;
/** Headers of an answer that are kept. */
const KEPT_HEADERS = ['location', 'etag'];
const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';

/**
 * Answers a request with an `Idempotency-Key` once: the same key and body get the first answer again. Kept are answers that say what
 * became of the request; after a 5xx the next one with the key tries again, and stores what it creates under the same `_id`.
 *
 * A key is of one method, one address and one scope, which an interceptor of the application or of the class has set before.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly store: IdempotencyStore) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined) return next.handle();
    if (typeof key !== 'string' || !KEY.test(key)) throw new ProblemException('IDEMPOTENCY_KEY_INVALID');
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const name = nameOf(request, key);
    const fingerprint = fingerprintOf(request.body);
    const reservation = await this.store.reserve(name, fingerprint);
    if (reservation.fingerprint !== fingerprint) throw new ProblemException('IDEMPOTENCY_KEY_REUSED');
    if (reservation.answer) return of(replay(reply, reservation.answer));
    reserveId(request, reservation.documentId);
    return of(await this.answer(name, { request, reply, next }));
  }

  private async answer(name: string, { request, reply, next }: Call): Promise<string> {
    try {
      const body = JSON.stringify(await lastValueFrom(next.handle()));
      await this.keep(name, toAnswer(reply, JSON_CONTENT_TYPE, body));
      void reply.type(JSON_CONTENT_TYPE);
      return body;
    } catch (error) {
      const kind = toProblemKind(error);
      if (kind.status < 500) {
        const body = JSON.stringify(toProblem(kind, request.url));
        await this.keep(name, { ...toAnswer(reply, PROBLEM_CONTENT_TYPE, body), status: kind.status });
      }
      throw error;
    }
  }

  /** What was done is done, also when the answer cannot be kept: the next request with the key finds it. */
  private async keep(name: string, answer: KeptAnswer): Promise<void> {
    await this.store.keep(name, answer).catch((error: unknown) => {
      if (!(error instanceof DatabaseError)) throw error;
    });
  }
}

interface Call {
  request: FastifyRequest;
  reply: FastifyReply;
  next: CallHandler;
}

/** Takes an `Idempotency-Key`; what the handler creates has to be stored under the `_id` of `@ReservedId()`, by `insertOnce`. */
export function Idempotent(): MethodDecorator {
  return UseInterceptors(IdempotencyInterceptor);
}

/** Unambiguous: neither a digest, a method nor an address holds a space, and no method is as long as a digest. */
function nameOf({ method, url }: FastifyRequest, key: string): string {
  return [scopeDigest(), method, url, key].filter((part) => part !== undefined).join(' ');
}

function toAnswer(reply: FastifyReply, type: string, body: string): KeptAnswer {
  const headers: Record<string, string> = { 'content-type': type };
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (value !== undefined) headers[name] = String(value);
  }
  return { status: reply.statusCode, headers, body };
}

function replay(reply: FastifyReply, { status, headers, body }: KeptAnswer): string {
  void reply.status(status).headers(headers).header('idempotency-replayed', 'true');
  return body;
}
