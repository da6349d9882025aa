import type { mongo } from 'mongoose';
import type { Progress } from '../terminal/progress.ts';

/** What a restore is asked for. */
export interface RestoreOptions {
  /** Connected. Its socket timeout should be off: an index may take longer to build. */
  client: mongo.MongoClient;
  /** A backup, or what mongodump wrote. */
  path: string;
  /** Which database of the dump; not needed where there is one. */
  database?: string;
  /** Name of the target; that of the dump without it. */
  to?: string;
  /** Whether what is in the target may go. It is saved before. */
  shouldDrop?: boolean;
  /** Folder for the backup of what is dropped; without one nothing is saved. */
  safetyFolder?: string;
  /** Checks everything and writes nothing. */
  isDryRun?: boolean;
  /** Ends it in between two messages. */
  signal?: AbortSignal;
  progress?: Progress;
}
