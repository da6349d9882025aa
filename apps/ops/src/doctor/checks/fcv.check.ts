import { ok, skipped, warning, type Check } from '../check.ts';
import { seriesOf } from '../../upgrade-check/versions.ts';

/** Whether the last upgrade was finished: the data are in the format of the server's own version. */
export const fcvCheck: Check = {
  code: 'FCV',
  title: 'Feature compatibility version',
  needs: ['AUTHORISATION'],
  async run(context) {
    const { version } = await context.admin({ buildInfo: 1 });
    const answer = await context.admin({ getParameter: 1, featureCompatibilityVersion: 1 }).catch(ifUnknown);
    if (answer === undefined) return skipped('A mongos has no such version: each shard has its own');
    const { version: fcv, targetVersion } = answer.featureCompatibilityVersion ?? {};
    if (targetVersion !== undefined) {
      return warning(
        `A change of the feature compatibility version to ${targetVersion} was begun and has not ended`,
        `run setFeatureCompatibilityVersion to ${targetVersion} again until it succeeds`,
      );
    }
    return seriesOf(String(fcv)) === seriesOf(String(version))
      ? ok(String(fcv))
      : warning(
          `The last upgrade is not finished: the server is ${version}, the data are in the format of ${fcv}`,
          'finish it as "ops upgrade-check" says, once the new version has proved itself',
        );
  },
};

function ifUnknown(error: unknown): undefined {
  if ((error as { codeName?: unknown }).codeName !== 'InvalidOptions') throw error;
}
