import type { TestApplication } from '../../../test/support/application.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import type { StatusReport } from '../src/status/status.service.ts';

/** What `/status/data` answers, and how long that took. */
export type TimedReport = StatusReport & { tookMs: number };

export async function readStatus(api: TestApplication): Promise<TimedReport> {
  const startedAt = performance.now();
  const answer = await api.request('/status/data');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return { ...((await answer.json()) as StatusReport), tookMs: performance.now() - startedAt };
}

/** The first report that passes the test, or the last one when the time is over. */
export async function readStatusUntil(
  api: TestApplication,
  test: (report: TimedReport) => boolean,
): Promise<TimedReport> {
  let report = await readStatus(api);
  await waitUntil(async () => test((report = await readStatus(api))), 10_000);
  return report;
}
