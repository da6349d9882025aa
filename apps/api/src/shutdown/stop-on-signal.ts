import type { INestApplicationContext } from '@nestjs/common';
import type { Logger } from 'pino';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Stops the application at the first signal and exits 0 when it has stopped; the second signal ends the process at once. Nest's own
 * hooks would end it by the signal, which an orchestrator counts as a failure.
 *
 * @param afterwards - Runs when the application has stopped
 */
export function stopOnSignal(
  app: INestApplicationContext,
  logger: Logger,
  afterwards = async (): Promise<void> => {},
): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info(`${signal} received: finishing what is in flight, then stopping`);
    void app
      .close()
      .then(afterwards)
      .then(() => {
        logger.info('Stopped');
        process.exit(0);
      })
      .catch((error: unknown) => {
        logger.fatal({ err: error }, 'The shutdown failed');
        process.exit(1);
      });
  };
  for (const signal of SIGNALS) process.on(signal, stop);
}
