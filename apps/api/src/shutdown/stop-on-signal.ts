import type { Logger } from 'pino';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** Ctrl-C reaches a process under npm twice: from the terminal and from npm. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Ends the process in order at the first signal and exits 0; a second one, later, ends it at once. Nest's own hooks would end it by
 * the signal, which an orchestrator counts as a failure.
 *
 * A signal before there is anything to stop ends the process, with 0 as well.
 *
 * @returns Takes what has to be stopped as it comes into being; the last is stopped first
 */
export function stopOnSignal(logger: Logger): (stop: () => Promise<unknown>) => void {
  const steps: (() => Promise<unknown>)[] = [];
  let stoppingSince: number | undefined;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    logger.info(`${signal} received: finishing what is in flight, then stopping`);
    try {
      for (const step of steps.toReversed()) await step();
      logger.info('Stopped');
      process.exit(0);
    } catch (error) {
      logger.fatal({ err: error }, 'The shutdown failed');
      process.exit(1);
    }
  };
  for (const signal of SIGNALS) process.on(signal, () => void stop(signal));
  return (step) => void steps.push(step);
}
