import { Command, Option } from 'commander';

interface Options {
  backups?: string;
  data?: string;
  json?: boolean;
}

/** `ops doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('what is wrong, why, and what to do next')
    .description(
      'Checks configuration, connection, server, indexes, disk and backups from the outside to the inside.\n' +
        'Changes nothing. Exits with 0 when nothing fails (warnings are no failure), else with 78, 69 or 1.',
    )
    .addOption(
      new Option('--backups <folder>', 'where the backups are; "backups" unless named').env('BACKUP_DIR'),
    )
    .option('--data <folder>', 'data folder of the server on this machine, when it is not found by itself')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ops doctor
  $ ops doctor --json | jq '.checks[] | select(.status == "failure")'
  $ ops doctor --backups /mnt/backups --data /srv/mongodb`,
    )
    .action(async ({ backups: backupDir, data: dataDir, json: isJson = false }: Options) => {
      const { doctor } = await import('../doctor/doctor.command.ts');
      await doctor({ isJson, backupDir, dataDir });
    });
}
