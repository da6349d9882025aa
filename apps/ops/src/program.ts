import { Command } from 'commander';
import { backupCommand } from './definitions/backup.ts';
import { completeCommand, completionCommand } from './definitions/completion.ts';
import { currentOpsCommand } from './definitions/current-ops.ts';
import { doctorCommand } from './definitions/doctor.ts';
import { importSqliteCommand } from './definitions/import-sqlite.ts';
import { indexesCommand } from './definitions/indexes.ts';
import { restoreCommand } from './definitions/restore.ts';
import { statsCommand } from './definitions/stats.ts';
import { testConnectionCommand } from './definitions/test-connection.ts';
import { upgradeCheckCommand } from './definitions/upgrade-check.ts';

const EXAMPLES = `
Examples:
  $ ops test-connection          is the configured MongoDB usable?
  $ ops doctor                   what is wrong, why, and what to do next
  $ ops stats --watch            sizes and load, again and again
  $ ops backup create            dump the database, and prove the dump
  $ ops help indexes             what a command does, its options and examples

Exit codes: 0 done, 1 failed, 2 wrong use, 69 MongoDB unavailable, 78 wrong configuration, 129 and 130 interrupted.
The connection comes from the environment and .env, as for the service.`;

/** In the order of the help. */
const COMMANDS: readonly (() => Command)[] = [
  testConnectionCommand,
  doctorCommand,
  statsCommand,
  currentOpsCommand,
  indexesCommand,
  backupCommand,
  restoreCommand,
  importSqliteCommand,
  upgradeCheckCommand,
  completionCommand,
];

/** The command line. Only what describes commands is loaded here, so that help is immediate; what they do is loaded when they run. */
export function createProgram(): Command {
  const program = new Command('ops')
    .description('Operate the MongoDB of this application')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for its options and examples)')
    .exitOverride();
  for (const create of COMMANDS) program.addCommand(inherit(create(), program));
  program.addCommand(inherit(completeCommand(), program), { hidden: true });
  return program;
}

/** `addCommand` leaves a command with settings of its own, such as how it exits. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
  return command;
}
