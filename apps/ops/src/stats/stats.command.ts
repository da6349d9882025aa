import type { mongo } from 'mongoose';
import { EXIT } from '../exit-codes.ts';
import { runCommand } from '../run-command.ts';
import { repeat } from '../terminal/watch.ts';
import { readCollectionDetail } from './collection-detail.ts';
import { formatDetail, formatStats, type StatsReport } from './format-stats.ts';
import { readActivity, readCollectionSizes, readDatabaseStats } from './read-stats.ts';

export interface StatsOptions {
  isJson: boolean;
  /** Name of the one to be shown; absent: all of them. */
  collection: string | undefined;
  /** Between two looks; absent: one look. */
  watchSeconds: number | undefined;
}

/** `ops stats` */
export async function stats({ isJson, collection, watchSeconds }: StatsOptions): Promise<void> {
  await runCommand({ isJson }, async ({ connection, signal }) => {
    const { db } = connection;
    let before: StatsReport | undefined;
    await repeat(watchSeconds, signal, async () => {
      if (collection !== undefined) {
        const detail = await readCollectionDetail(db, collection);
        return isJson ? `${JSON.stringify(detail)}\n` : formatDetail(detail);
      }
      const report = await readReport(db);
      const text = isJson ? `${JSON.stringify(report)}\n` : formatStats(report, before);
      before = report;
      return text;
    });
    return EXIT.done;
  });
}

async function readReport(db: mongo.Db): Promise<StatsReport> {
  const [database, server, collections] = await Promise.all([
    readDatabaseStats(db),
    readActivity(db),
    readCollectionSizes(db),
  ]);
  // What the server keeps for itself is in its own sums.
  const stored = collections.filter(({ type }) => type !== 'view');
  const documents = stored.reduce((sum, size) => sum + (size.documents ?? 0), 0);
  return {
    at: new Date(),
    database: { ...database, collections: stored.length, documents },
    server,
    collections,
  };
}
