import { readFile } from 'node:fs/promises';
import { formatCount } from '../../terminal/format.ts';
import { ok, skipped, warning, type Check } from '../check.ts';

/** What the manual asks for: https://www.mongodb.com/docs/manual/reference/ulimit/ */
const ENOUGH = 64_000;

/** Whether the server may open as many files and connections as it needs. */
export const openFilesCheck: Check = {
  code: 'OPEN_FILES',
  title: 'Open files',
  needs: ['AUTHORISATION'],
  async run(context) {
    const pid = await context.localPid();
    if (pid === null) return skipped('The server runs on another machine or in a container');
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
    const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1] ?? '';
    const limit = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
    return limit < ENOUGH
      ? warning(
          `The server may open ${formatCount(limit)} files, and connections count as files`,
          `raise the limit to ${formatCount(ENOUGH)}: LimitNOFILE of systemd, ulimits.nofile of docker compose, or ulimit -n`,
        )
      : ok(soft);
  },
};
