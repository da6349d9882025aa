import { Command } from 'commander';

/** `ops upgrade-check` */
export function upgradeCheckCommand(): Command {
  return new Command('upgrade-check')
    .summary('the next version of MongoDB, what stands in the way, and the steps')
    .description(
      'Says to which version this server may be upgraded (one major release at a time), what stands in the way,\n' +
        'and the exact steps. Changes nothing. Exits with 0 when nothing stands in the way, else with 1.',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ops upgrade-check
  $ ops upgrade-check --json | jq .blockers`,
    )
    .action(async ({ json: isJson = false }: { json?: boolean }) => {
      const { upgradeCheck } = await import('../upgrade-check/upgrade-check.command.ts');
      await upgradeCheck({ isJson });
    });
}
