import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { mongo } from 'mongoose';
import { DatabaseUnavailableError } from '../errors/database.error.ts';
import { toDatabaseError } from '../errors/to-database-error.ts';
import { withinLimits } from '../repository/within-limits.ts';
import { ChangeStreamLostError, type ResumeToken } from './change-stream.error.ts';
import { fatalErrorOf, hasEndedSilently } from './stream-failure.ts';

/** Pause before the stream is opened again: doubled each time from the first to the last value, and spread by up to a half. */
const BACKOFF_MS = { first: 100, last: 2_000 };
/** How long the end waits for a server that does not answer. */
const CLOSE_TIMEOUT_MS = 1_500;

/** What is followed. */
export interface ChangeSource<T extends mongo.Document> {
  open(position: mongo.ChangeStreamOptions): mongo.ChangeStream<T, mongo.ChangeStreamDocument<T>>;
  /** One small read, which fails when the connection has been closed. */
  check(): Promise<unknown>;
}

export interface ResumingStreamOptions {
  startAfter?: ResumeToken;
  signal?: AbortSignal;
  /** Called once, when the server has begun to follow. */
  onOpen?: (resumeToken: ResumeToken) => void;
}

/**
 * One change stream over any number of connections. The driver resumes too, but gives up when no server can be selected; this
 * opens the stream again behind the last token that was reached, until it is closed.
 */
export class ResumingStream<T extends mongo.Document> {
  readonly #logger = new Logger('ChangeStream');
  readonly #source: ChangeSource<T>;
  readonly #signal: AbortSignal | undefined;
  #onOpen: ResumingStreamOptions['onOpen'];
  #stream: mongo.ChangeStream<T, mongo.ChangeStreamDocument<T>> | undefined;
  #token: ResumeToken | undefined;
  #failures = 0;

  constructor(source: ChangeSource<T>, { startAfter, signal, onOpen }: ResumingStreamOptions) {
    this.#source = source;
    this.#token = startAfter;
    this.#signal = signal;
    this.#onOpen = onOpen;
  }

  /** Where it stands: behind the last change that was read. */
  get resumeToken(): ResumeToken | undefined {
    // Of a stream that has not been opened yet it is `null`.
    return (this.#stream?.resumeToken as ResumeToken | null | undefined) ?? this.#token;
  }

  /**
   * Waits for the next change.
   *
   * @returns `undefined` once the signal is aborted
   * @throws {@link ChangeStreamLostError} {@link ChangeStreamUnsupportedError} When it cannot go on
   */
  async next(): Promise<mongo.ChangeStreamDocument<T> | undefined> {
    while (!this.#signal?.aborted) {
      try {
        const stream = (this.#stream ??= this.#begin());
        return await withinLimits(async () => stream.next(), { signal: this.#signal });
      } catch (error) {
        if (this.#signal?.aborted) return undefined;
        const fatal = hasEndedSilently(error)
          ? await this.#endOf(error)
          : fatalErrorOf(error, this.resumeToken);
        if (fatal !== undefined) throw fatal;
        await this.close();
        await this.#pause(error);
      }
    }
    return undefined;
  }

  /** Frees the cursor on the server; one that does not answer cannot hold it up. */
  async close(): Promise<void> {
    const stream = this.#stream;
    if (stream === undefined) return;
    this.#token = this.resumeToken;
    this.#stream = undefined;
    const deadline = new AbortController();
    // Where there is no server, there is no cursor either.
    const closing = stream.close().catch(() => undefined);
    const wait = sleep(CLOSE_TIMEOUT_MS, undefined, { signal: deadline.signal }).catch(() => undefined);
    await Promise.race([closing.finally(() => deadline.abort()), wait]);
  }

  #begin(): mongo.ChangeStream<T, mongo.ChangeStreamDocument<T>> {
    // Unlike `resumeAfter` it also takes the token of an `invalidate`.
    const stream = this.#source.open({ ...(this.#token !== undefined && { startAfter: this.#token }) });
    let answers = 0;
    stream.on('resumeTokenChanged', (token) => {
      answers += 1;
      if (answers === 1) this.#tellThatItIsOpen(token as ResumeToken);
      // Opened is not enough: what opens and fails at once shall wait longer and longer all the same.
      else this.#forgetFailures();
    });
    return stream;
  }

  /** With the token that it was opened with, if any: the other one may be that of a change which nobody has seen yet. */
  #tellThatItIsOpen(token: ResumeToken): void {
    const onOpen = this.#onOpen;
    this.#onOpen = undefined;
    onOpen?.(this.#token ?? token);
  }

  /** The pipeline may have kept the reason back. Opened again it could follow the next collection of this name, and not tell of the gap. */
  async #endOf(reason: unknown): Promise<unknown> {
    try {
      await this.#source.check();
    } catch (failure) {
      const named = toDatabaseError(failure);
      if (named instanceof DatabaseUnavailableError && named.reason === 'closed') return named;
    }
    return new ChangeStreamLostError('invalidated', this.resumeToken, reason);
  }

  #forgetFailures(): void {
    if (this.#failures > 0) this.#logger.log('The change stream goes on where it was interrupted');
    this.#failures = 0;
  }

  async #pause(reason: unknown): Promise<void> {
    if (this.#failures === 0) {
      const named = toDatabaseError(reason);
      const cause = Error.isError(named) ? named.message : String(named);
      this.#logger.warn(`The change stream was interrupted and is resumed: ${cause}`);
    }
    const fullMs = Math.min(BACKOFF_MS.last, BACKOFF_MS.first * 2 ** this.#failures);
    this.#failures += 1;
    const options = { ...(this.#signal && { signal: this.#signal }) };
    await sleep(fullMs * (0.5 + Math.random() / 2), undefined, options).catch(() => undefined);
  }
}
