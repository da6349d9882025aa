import { Command } from 'commander';

const EXAMPLES = `
Examples:
  $ ops test-connection          is the configured MongoDB usable?
  $ ops test-connection --json   the same for a machine

Exit codes: 0 done, 1 failed, 2 wrong use, 69 MongoDB unavailable, 78 wrong configuration.
The connection comes from the environment and .env, as for the service.`;

/** The command line. Commands are loaded when they run, so that help is immediate. */
export function createProgram(): Command {
  const program = new Command('ops')
    .description('Operate the MongoDB of this application')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  program
    .command('test-connection')
    .description('connect, and read with the configured user')
    .option('--json', 'print the result as JSON')
    .action(async (options: { json?: boolean }) => {
      const { testConnection } = await import('./commands/test-connection.command.ts');
      process.exitCode = await testConnection({ isJson: options.json === true });
    });
  return program;
}
