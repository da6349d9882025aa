import { ConfigurationError, EXIT_CONFIGURATION, loadConfiguration, type Configuration } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { createApplication } from './application.ts';
import { createLogger } from './logging/logger.ts';
import { stopOnSignal } from './shutdown/stop-on-signal.ts';

/** Starts the service of this process; what ends the start is said in one clear message, with an exit code that tells its kind. */
export async function run(): Promise<void> {
  let configuration: Configuration;
  try {
    configuration = loadConfiguration();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_CONFIGURATION;
    return;
  }
  const logger = await createLogger(configuration.server);
  try {
    const app = await createApplication(logger);
    stopOnSignal(app, logger);
    await listen(app, configuration);
    await announce(app, logger);
  } catch (error) {
    logger.fatal(describeStartError(error, configuration));
    process.exit(1);
  }
}

async function listen(app: NestFastifyApplication, { server }: Configuration): Promise<void> {
  await app.listen(server.port, server.host);
}

async function announce(app: NestFastifyApplication, logger: Logger): Promise<void> {
  const url = await app.getUrl();
  logger.info(`Listening on ${url}`);
  logger.info(`Health ${url}/health · MongoDB test ${url}/mongodb-test · metrics ${url}/metrics`);
}

function describeStartError(error: unknown, { server }: Configuration): string {
  const code = Error.isError(error) && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `Port ${server.port} is in use: stop the program that listens there, or set PORT to another one`;
  }
  if (code === 'EACCES')
    return `Port ${server.port} may not be used by this user: set PORT to one above 1023`;
  return `The start failed: ${Error.isError(error) ? (error.stack ?? error.message) : String(error)}`;
}
