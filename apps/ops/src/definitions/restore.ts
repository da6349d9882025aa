import { Command, Option } from 'commander';

interface Options {
  to?: string;
  database?: string;
  drop?: boolean;
  backups: string;
  /** Of `--no-safety-backup`. */
  safetyBackup: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** `ops restore` */
export function restoreCommand(): Command {
  return new Command('restore')
    .summary('restore a backup, or a dump by mongodump')
    .description(
      'Restores one database of a backup, or of a dump by mongodump: a folder or an archive, compressed or not. ' +
        'Checks the whole dump before the first write, and reads everything back at the end. ' +
        'A target with data in it is refused; an interrupted restore goes on when the same command is run again.',
    )
    .argument('<path>', 'folder of a backup, folder or archive of mongodump')
    .option('--to <name>', 'restore into the database of this name, not into that of the dump')
    .option('--database <name>', 'which database of a dump of several')
    .option('--drop', 'save what is in the target, then drop it')
    .addOption(
      new Option('--backups <folder>', 'where what --drop drops is saved')
        .env('BACKUP_DIR')
        .default('backups'),
    )
    .option('--no-safety-backup', 'with --drop: drop without saving')
    .option('--dry-run', 'check everything, write nothing')
    .option('--json', 'print progress and result as JSON, one object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ ops restore backups/shop-20261123T020000Z --dry-run       would it work, and what is in it?
  $ ops restore backups/shop-20261123T020000Z --to rehearsal  beside the data that are there
  $ ops restore backups/shop-20261123T020000Z --drop          in place of them; they are saved first
  $ ops restore dump --database shop                          what mongodump wrote

Exit codes: 0 everything is as in the dump, 1 refused or not everything, 69 MongoDB unavailable, 130 interrupted.`,
    )
    .action(async (path: string, options: Options) => {
      const { restore } = await import('../restore/restore.command.ts');
      await restore({
        path,
        isJson: options.json === true,
        shouldDrop: options.drop === true,
        isDryRun: options.dryRun === true,
        ...(options.to !== undefined && { to: options.to }),
        ...(options.database !== undefined && { database: options.database }),
        ...(options.safetyBackup && { safetyFolder: options.backups }),
      });
    });
}
