/** When to try again, in seconds: the same as `problem.ts` of the service says, which a library cannot import. */
const RETRY_AFTER_SECONDS = 2;

interface Reply {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

export function markUnavailable(reply: Reply): void {
  reply.status(503);
  reply.header('Retry-After', String(RETRY_AFTER_SECONDS));
}
