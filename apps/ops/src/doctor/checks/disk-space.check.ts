import { statfs } from 'node:fs/promises';
import { formatBytes } from '../../terminal/format.ts';
import { failure, ok, skipped, warning, type Check } from '../check.ts';
import type { DoctorContext } from '../doctor-context.ts';

const MB = 1_000_000;
/** With less the server refuses to build indexes (`indexBuildMinAvailableDiskSpaceMB`), and is near its end. */
const LEAST_BYTES = 500 * MB;
const FEW_BYTES = 2_000 * MB;
const FEW_PERCENT = 10;
const NEXT =
  'free space on the disk of the data folder or make it larger: "ops backup prune" removes old backups, "docker system df" shows what containers hold';

interface Space {
  freeBytes: number;
  totalBytes: number;
}

/** Whether the data can grow. */
export const diskSpaceCheck: Check = {
  code: 'DISK_SPACE',
  title: 'Disk space',
  needs: ['CONFIG'],
  async run(context) {
    const spaces = [...(await ofFolders(context)), ...(await ofServer(context))];
    const [least] = spaces.sort((a, b) => a.freeBytes - b.freeBytes);
    if (least === undefined)
      return skipped('The data folder is not on this machine, and the server does not say');
    const { freeBytes, totalBytes } = least;
    const percent = Math.round((freeBytes / totalBytes) * 100);
    const left = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} (${percent} %)`;
    if (freeBytes < LEAST_BYTES) return failure(`Disk space error: only ${left} are free for data`, NEXT);
    if (freeBytes < FEW_BYTES || percent < FEW_PERCENT)
      return warning(`Only ${left} are free for data`, NEXT);
    return ok(`${left} free`);
  },
};

/** Also where the server is down, which it is when its disk is full. */
async function ofFolders(context: DoctorContext): Promise<Space[]> {
  const folders = await context.dataFolders();
  const spaces = await Promise.all(
    folders.map(async (folder) => {
      const stats = await statfs(folder).catch(() => undefined);
      return stats && { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
    }),
  );
  return spaces.filter((space) => space !== undefined);
}

async function ofServer(context: DoctorContext): Promise<Space[]> {
  if (!context.passed.has('AUTHORISATION')) return [];
  const { db } = await context.connect();
  const { fsUsedSize, fsTotalSize } = await db.command({ dbStats: 1 });
  const totalBytes = Number(fsTotalSize);
  return totalBytes > 0 ? [{ freeBytes: totalBytes - Number(fsUsedSize), totalBytes }] : [];
}
