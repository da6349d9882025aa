import { Command, InvalidArgumentError, Option } from 'commander';

interface CreateOptions {
  out: string;
  name?: string;
  archive?: boolean;
  gzip?: boolean;
  zstd?: boolean;
  consistency: 'auto' | 'snapshot' | 'none';
  json?: boolean;
}

interface PruneOptions {
  backups: string;
  keepDaily: number;
  keepWeekly: number;
  removeDamaged?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** `ops backup` */
export function backupCommand(): Command {
  return new Command('backup')
    .summary('make, check, list and remove backups')
    .description('Makes backups in the format of mongodump, and proves them.')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(verifyCommand())
    .addCommand(pruneCommand())
    .addHelpText(
      'after',
      `
Examples:
  $ ops backup create                    a backup in ./backups
  $ ops backup list                      what there is, and whether it is proven
  $ ops backup verify backups/NAME --drill
  $ ops backup prune --keep-daily 7 --keep-weekly 4`,
    );
}

function createCommand(): Command {
  return new Command('create')
    .summary('dump the database, read it back, then give it its name')
    .description(
      'Dumps the database into a folder of its own, in the format of mongodump. The folder gets its name when everything has been\n' +
        'read back and is on the disk. On a replica set every document is read as of one moment.',
    )
    .addOption(
      new Option('--out <folder>', 'folder that holds the backups').env('BACKUP_DIR').default('backups'),
    )
    .option('--name <name>', 'name of the backup; without it database and time')
    .option('--archive', 'one file for all collections')
    .addOption(new Option('--gzip', 'compress; mongorestore reads it').conflicts('zstd'))
    .option('--zstd', 'compress better and faster; mongorestore cannot read it, "ops restore" can')
    .addOption(
      new Option(
        '--consistency <kind>',
        'auto: as of one moment where the server can; snapshot: or fail; none: do not try',
      )
        .choices(['auto', 'snapshot', 'none'])
        .default('auto'),
    )
    .option('--json', 'print progress and result as JSON, one object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ ops backup create                       into ./backups/<database>-<time>
  $ ops backup create --out /mnt/nas --gzip
  $ ops backup create --archive --zstd      one small file; only "ops restore" reads it

Exit codes: 0 done, 1 failed, 2 wrong use, 69 MongoDB unavailable, 130 interrupted. When it fails, nothing stays.`,
    )
    .action(async ({ out, name, archive, gzip, zstd, consistency, json }: CreateOptions) => {
      const { create } = await import('../backup/create.command.ts');
      await create({
        out,
        name,
        layout: archive ? 'archive' : 'directory',
        compression: gzip ? 'gzip' : zstd ? 'zstd' : 'none',
        consistency,
        isJson: json === true,
      });
    });
}

function listCommand(): Command {
  return new Command('list')
    .summary('what there is, and when it was last proven')
    .description('Lists the backups in a folder, the newest first, and when each was last proven.')
    .addOption(backupsOption())
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ops backup list
  $ ops backup list --backups /mnt/nas --json`,
    )
    .action(async ({ backups, json }: { backups: string; json?: boolean }) => {
      const { list } = await import('../backup/list.command.ts');
      await list({ backups, isJson: json === true });
    });
}

function verifyCommand(): Command {
  return new Command('verify')
    .summary('read every byte back; with --drill restore it as well')
    .description(
      'Reads every byte of a backup: sizes, SHA-256, documents. With --drill it is also restored into a scratch database, compared\n' +
        'document by document, and dropped again. The result is kept with the backup.',
    )
    .argument('<path>', 'folder of the backup')
    .option('--drill', 'restore it into a scratch database and compare')
    .option('--json', 'print progress and result as JSON, one object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ ops backup verify backups/shop-20261123T020000Z           needs no database
  $ ops backup verify backups/shop-20261123T020000Z --drill   needs one, and room in it

Exit codes: 0 good, 1 damaged, 69 MongoDB unavailable, 130 interrupted.`,
    )
    .action(async (path: string, { drill, json }: { drill?: boolean; json?: boolean }) => {
      const { verify } = await import('../backup/verify.command.ts');
      await verify({ path, isDrill: drill === true, isJson: json === true });
    });
}

function pruneCommand(): Command {
  return new Command('prune')
    .summary('remove old backups, never the newest proven one')
    .description(
      'Keeps the newest backup of each of the last days and weeks that have one, and removes the others. The newest proven backup\n' +
        'always stays; where no backup is proven, nothing is removed. Damaged ones are named and stay.',
    )
    .addOption(backupsOption())
    .option('--keep-daily <days>', 'days of which one stays', toCount, 7)
    .option('--keep-weekly <weeks>', 'weeks of which one stays', toCount, 4)
    .option('--remove-damaged', 'remove damaged backups too, where a proven one stays')
    .option('--dry-run', 'only say what would go')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ops backup prune --dry-run
  $ ops backup prune --keep-daily 7 --keep-weekly 4`,
    )
    .action(async ({ backups, keepDaily, keepWeekly, removeDamaged, dryRun, json }: PruneOptions) => {
      const { prune } = await import('../backup/prune.command.ts');
      const damaged = removeDamaged === true ? 'removed' : 'kept';
      const retention = { daily: keepDaily, weekly: keepWeekly, damaged } as const;
      await prune({ backups, retention, isDryRun: dryRun === true, isJson: json === true });
    });
}

function backupsOption(): Option {
  return new Option('--backups <folder>', 'folder that holds the backups')
    .env('BACKUP_DIR')
    .default('backups');
}

function toCount(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number.');
}
