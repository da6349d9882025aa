import { EXIT } from '../exit-codes.ts';
import { BackupError } from './backup.error.ts';

/** File systems take 255, and it has more behind it until it is complete. */
const LONGEST_NAME_BYTES = 200;

/** `contacts-20261123T134500Z` */
export function defaultName(database: string, at: Date): string {
  return `${database}-${at.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
}

/** @throws {@link BackupError} `BACKUP_NAME_INVALID` */
export function checkName(name: string): void {
  if (/^[^./\\\0][^/\\\0]*$/.test(name) && Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return;
  const message = `A name of a backup has no slash, begins with no dot, and has at most ${LONGEST_NAME_BYTES} bytes`;
  throw new BackupError('BACKUP_NAME_INVALID', message, {
    nextStep: 'give it another --name, and the folder that holds it with --out',
    exitCode: EXIT.usage,
  });
}
