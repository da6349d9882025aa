import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../exit-codes.ts';
import { BackupError } from './backup.error.ts';

/** File systems take 255, and it has more behind it until it is complete. */
const LONGEST_NAME_BYTES = 200;

/**
 * `contacts-20261123T134500Z`, or with `-2` behind it when there is one of that second.
 *
 * @param out - Folder that holds the backups
 * @param prefix - What the name begins with
 */
export function defaultName(out: string, database: string, prefix = ''): string {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const first = `${prefix}${database}-${time}`;
  let name = first;
  for (let number = 2; existsSync(join(out, name)); number += 1) name = `${first}-${number}`;
  return name;
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
