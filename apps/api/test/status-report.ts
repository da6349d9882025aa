import type { TestApplication } from '../../../test/support/application.ts';
import { waitUntil } from '../../../test/support/wait-until.ts';
import type { StatusReport } from '../src/status/status.service.ts';

export async function readStatus(api: TestApplication): Promise<StatusReport> {
  const answer = await api.request('/status/data');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return (await answer.json()) as StatusReport;
}

/** Whether the database has answered every question: on a busy machine the first report does not wait for all of them. */
export function isComplete({ database, collections, testDocuments }: StatusReport): boolean {
  return [database.version, collections, testDocuments].every(({ problem }) => problem === null);
}

/** The first report that passes the test, or the last one when the time is over. */
export async function readStatusUntil(
  api: TestApplication,
  test: (report: StatusReport) => boolean,
): Promise<StatusReport> {
  let report = await readStatus(api);
  await waitUntil(async () => test((report = await readStatus(api))));
  return report;
}
