import { ConfigurationError, EXIT_CONFIGURATION, loadConfiguration, type Configuration } from '#config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { createApplication } from './application.ts';
import type { EmbeddedMongo } from './embedded/embedded-mongo.ts';
import { createLogger } from './logging/logger.ts';
import { PRINT_MODELS, printModels } from './print-models.ts';
import { stopOnSignal } from './shutdown/stop-on-signal.ts';

const EXIT_FAILED = 1;
/** `EX_UNAVAILABLE` of sysexits(3). */
const EXIT_UNAVAILABLE = 69;
/** Where the embedded MongoDB keeps its data, in the working directory. */
const EMBEDDED_DATA = 'data/embedded';

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
  if (process.argv.includes(PRINT_MODELS)) {
    await printModels(configuration);
    process.exit();
  }
  const logger = await createLogger(configuration.server);
  const stopLater = stopOnSignal(logger);
  const embedded = await startEmbedded(configuration, logger);
  stopLater(async () => embedded?.stop());
  try {
    const app = await createApplication(logger);
    stopLater(async () => app.close());
    await app.listen(configuration.server.port, configuration.server.host);
    await announce(app, logger, embedded);
  } catch (error) {
    await embedded?.stop();
    fail(logger, describeStartError(error, configuration), EXIT_FAILED);
  }
}

/** In development, unless a connection string is given: finds a MongoDB on this machine or starts one. */
async function startEmbedded(
  { embedded }: Configuration,
  logger: Logger,
): Promise<EmbeddedMongo | undefined> {
  if (!embedded.isAllowed) return undefined;
  const { EmbeddedMongo } = await import('./embedded/embedded-mongo.ts');
  try {
    return await EmbeddedMongo.start({ dataDir: EMBEDDED_DATA, log: (line) => logger.info(line) });
  } catch (error) {
    fail(logger, Error.isError(error) ? error.message : String(error), EXIT_UNAVAILABLE);
  }
}

/** Says why there is no start, also where the log is silent. */
function fail(logger: Logger, message: string, exitCode: number): never {
  if (logger.isLevelEnabled('fatal')) logger.fatal(message);
  else process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

async function announce(
  app: NestFastifyApplication,
  logger: Logger,
  embedded: EmbeddedMongo | undefined,
): Promise<void> {
  const url = await app.getUrl();
  logger.info(`Health        ${url}/health`);
  logger.info(`MongoDB test  ${url}/mongodb-test`);
  logger.info(`Status page   ${url}/status`);
  logger.info(`API docs      ${url}/docs`);
  logger.info(`Metrics       ${url}/metrics`);
  if (embedded && embedded.role !== 'foreign') logger.info(`Data folder   ${EMBEDDED_DATA}`);
  logger.info(`Listening on ${url}`);
}

/** What ended the start and how to mend it, in one sentence where the cause is known. */
export function describeStartError(error: unknown, { server }: Configuration): string {
  const code = Error.isError(error) && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `Port ${server.port} is in use: stop the program that listens there, or set PORT to another one`;
  }
  if (code === 'EACCES')
    return `Port ${server.port} may not be used by this user: set PORT to one above 1023`;
  const mend = 'set HOST to 127.0.0.1, 0.0.0.0 or an address of this machine';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `HOST ${server.host} cannot be resolved on this machine: ${mend}`;
  }
  if (code === 'EADDRNOTAVAIL') return `HOST ${server.host} is no address of this machine: ${mend}`;
  return `The start failed: ${Error.isError(error) ? (error.stack ?? error.message) : String(error)}`;
}
