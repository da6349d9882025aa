/**
 * Asks again until the status is as wanted.
 *
 * @throws {Error} With the last answer when the time is over
 */
export async function untilStatus(url: string, status: number, timeoutMs: number): Promise<Response> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await fetch(url).catch((error: unknown) => error);
    if (answer instanceof Response && answer.status === status) return answer;
    if (performance.now() > deadline) {
      const last = answer instanceof Response ? `${answer.status} ${await answer.text()}` : String(answer);
      throw new Error(`${url} did not answer ${status} within ${timeoutMs} ms: ${last}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
