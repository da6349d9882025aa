import { failure, ok, warning, type Check } from '../check.ts';
import { isEndOfLife, NEWEST_KNOWN, OLDEST_SUPPORTED, seriesOf } from '../../upgrade-check/versions.ts';

/** Whether the version of the server is one that this application was made for. */
export const serverVersionCheck: Check = {
  code: 'SERVER_VERSION',
  title: 'Server version',
  needs: ['AUTHORISATION'],
  async run(context) {
    const { version } = await context.admin({ buildInfo: 1 });
    const series = seriesOf(String(version));
    const next = 'run "ops upgrade-check": it says the next version and the steps';
    if (series < seriesOf(OLDEST_SUPPORTED)) {
      return failure(`MongoDB ${version} is older than ${OLDEST_SUPPORTED}, which is needed`, next);
    }
    if (isEndOfLife(String(version)))
      return warning(`MongoDB ${version} gets no security updates any more`, next);
    if (series > seriesOf(NEWEST_KNOWN)) {
      return warning(
        `MongoDB ${version} is newer than ${NEWEST_KNOWN}, the newest that was tried`,
        'test the application with it first',
      );
    }
    return ok(String(version));
  },
};
