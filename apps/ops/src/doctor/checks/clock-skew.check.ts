import { formatDuration } from '../../terminal/format.ts';
import { ok, warning, type Check } from '../check.ts';

/** Beyond it tokens, TTL indexes and certificates begin to surprise. */
const LIMIT_MS = 2_000;

/** Whether the clocks of this machine and of the server agree. */
export const clockSkewCheck: Check = {
  code: 'CLOCK_SKEW',
  title: 'Clocks',
  needs: ['SERVER', 'TOPOLOGY'],
  async run(context) {
    const sentAt = Date.now();
    const { localTime } = await context.admin({ hello: 1 });
    const answeredAt = Date.now();
    const theirs = Number(localTime);
    // The server looked at its clock somewhere in between.
    const skewMs = Math.max(sentAt - theirs, theirs - answeredAt, 0);
    return skewMs > LIMIT_MS
      ? warning(
          `The clock of the server is ${formatDuration(skewMs)} ${theirs > answeredAt ? 'ahead' : 'behind'}`,
          'let both machines take their time from NTP',
        )
      : ok();
  },
};
