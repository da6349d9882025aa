import { Command } from 'commander';

/** `ops test-connection` */
export function testConnectionCommand(): Command {
  return new Command('test-connection')
    .summary('is the configured MongoDB usable?')
    .description('Connects, and reads with the configured user.')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ops test-connection          one line, and what to do when it fails
  $ ops test-connection --json   the same for a machine`,
    )
    .action(async (options: { json?: boolean }) => {
      const { testConnection } = await import('../commands/test-connection.command.ts');
      await testConnection({ isJson: options.json === true });
    });
}
