import { Command } from 'commander';
import { parseSeconds } from './stats.ts';

interface Options {
  minSeconds?: number;
  all?: boolean;
  kill?: string;
  yes?: boolean;
  watch?: true | number;
  json?: boolean;
}

const DEFAULT_WATCH_SECONDS = 2;

/** `ops current-ops` */
export function currentOpsCommand(): Command {
  return new Command('current-ops')
    .summary('what the server is working on, and how to end it')
    .description(
      'Shows the operations that the server works on now, the longest first.\n' +
        'Without the role clusterMonitor only those of this user are seen.',
    )
    .option('--min-seconds <n>', 'only those that have run for so long', parseSeconds)
    .option('--all', 'also those that the server runs for itself, and the heartbeats of drivers')
    .option('--kill <id>', 'end this one, after a question')
    .option('--yes', 'with --kill: do not ask')
    .option('--watch [seconds]', `again every ${DEFAULT_WATCH_SECONDS} seconds, until Ctrl-C`, parseSeconds)
    .option('--json', 'print JSON, one line for each look')
    .addHelpText(
      'after',
      `
Examples:
  $ ops current-ops
  $ ops current-ops --min-seconds 10 --watch
  $ ops current-ops --kill 12345          shows the operation, asks, and ends it
  $ ops current-ops --kill 12345 --yes    for scripts`,
    )
    .action(
      async ({ watch, json: isJson = false, yes = false, all = false, ...options }: Options, command) => {
        if (options.kill === undefined && yes) (command as Command).error('error: --yes goes with --kill');
        if (options.kill !== undefined && watch !== undefined) {
          (command as Command).error('error: --kill and --watch exclude each other');
        }
        const { currentOps, killOperation } = await import('../current-ops/current-ops.command.ts');
        const watchSeconds = watch === true ? DEFAULT_WATCH_SECONDS : watch;
        if (options.kill !== undefined) await killOperation({ isJson, id: options.kill, isConfirmed: yes });
        else await currentOps({ isJson, minSeconds: options.minSeconds ?? 0, isAll: all, watchSeconds });
      },
    );
}
