import { Command, InvalidArgumentError } from 'commander';

interface Options {
  collection?: string;
  watch?: true | number;
  json?: boolean;
}

/** Seconds between two looks when `--watch` names none. */
const DEFAULT_WATCH_SECONDS = 2;

/** `ops stats` */
export function statsCommand(): Command {
  return new Command('stats')
    .summary('sizes of the database and its collections, and how busy the server is')
    .description('Shows the sizes of the database and its collections, and how busy the server is.')
    .option('--collection <name>', 'one collection: its sizes, options and indexes with their use')
    .option('--watch [seconds]', `again every ${DEFAULT_WATCH_SECONDS} seconds, until Ctrl-C`, parseSeconds)
    .option('--json', 'print JSON, one line for each look')
    .addHelpText(
      'after',
      `
Examples:
  $ ops stats
  $ ops stats --collection contacts
  $ ops stats --watch 5
  $ ops stats --json | jq '.collections[] | {name, documents}'`,
    )
    .action(async ({ collection, watch, json: isJson = false }: Options) => {
      const { stats } = await import('../stats/stats.command.ts');
      const watchSeconds = watch === true ? DEFAULT_WATCH_SECONDS : watch;
      await stats({ isJson, collection, watchSeconds });
    });
}

/** For options that take a number of seconds above zero. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError('It takes a number of seconds above 0.');
  return seconds;
}
