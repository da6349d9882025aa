import { Command } from 'commander';

/** `ops indexes plan` and `ops indexes apply` */
export function indexesCommand(): Command {
  const command = new Command('indexes')
    .summary('compare the indexes of the server with the schemas, and make them equal')
    .description('Compares the indexes of the server with those that the schemas of the service declare.')
    .addHelpText(
      'after',
      `
Examples:
  $ ops indexes plan                             what would change; exit code 1 when something would
  $ ops indexes apply                            builds what is missing, drops nothing
  $ ops indexes apply --drop contacts.legacy_1   and drops this one, once all is built`,
    );
  command
    .command('plan')
    .summary('what is missing, changed and extra')
    .description(
      'Reads only. Exits with 0 when every declared index is in place, and with 1 otherwise; extra indexes do no harm.',
    )
    .option('--json', 'print the plan as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ ops indexes plan
  $ ops indexes plan --json | jq '.collections[].missing'`,
    )
    .action(async ({ json: isJson = false }: { json?: boolean }) => {
      const { printPlan } = await import('../indexes/indexes.command.ts');
      await printPlan({ isJson });
    });
  command
    .command('apply')
    .summary('build what is missing, then drop what is named')
    .description(
      'Builds missing indexes one by one, changes what can be changed in place, and drops only what --drop names.\n' +
        'Ctrl-C ends the waiting: a build that has begun goes on, and applying again waits for it.',
    )
    .option('--drop <collection.index...>', 'extra or outdated indexes to drop after the builds')
    .option('--json', 'print each step and the result as JSON lines')
    .addHelpText(
      'after',
      `
Examples:
  $ ops indexes apply
  $ ops indexes apply --drop contacts.legacy_1 contacts.email_1_old`,
    )
    .action(async ({ json: isJson = false, drop = [] }: { json?: boolean; drop?: string[] }) => {
      const { applyPlan } = await import('../indexes/indexes.command.ts');
      await applyPlan({ isJson, drop });
    });
  return command;
}
