import type Joi from 'joi';
import { ConfigurationError, type ConfigurationProblem } from './configuration.error.ts';
import { collectEnvironment, type Environment } from './environment.ts';
import { developmentConfig } from './environments/development.config.ts';
import { prepareProduction, productionConfig } from './environments/production.config.ts';
import { testConfig } from './environments/test.config.ts';
import { databaseOf, secretsOf } from './mongodb-uri.ts';
import type { Variables } from './variables.ts';

const SCHEMAS = { development: developmentConfig, production: productionConfig, test: testConfig };
const DEFAULT_DATABASE = 'openai_outreach';

/** Everything the applications can be told from outside, checked and typed. */
export type Configuration = ReturnType<typeof toConfiguration>;

/**
 * Reads and checks the whole environment under the rules of `NODE_ENV` (development when unset).
 *
 * @param given - Variables by name; read from `.env` and the process when absent
 * @throws {@link ConfigurationError} With every problem at once, by variable name and without any value
 */
export function loadConfiguration(given?: Environment): Configuration {
  const { environment, problems: unread } = given
    ? { environment: given, problems: [] }
    : collectEnvironment(process.env, '.env');
  const name = environment.NODE_ENV ?? 'development';
  const schema = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name as keyof typeof SCHEMAS] : developmentConfig;
  const prepared = name === 'production' ? prepareProduction(environment) : { environment, problems: [] };
  const { value, error } = schema.validate(
    { ...prepared.environment, NODE_ENV: name },
    { abortEarly: false, stripUnknown: true, errors: { wrap: { label: false, array: false } } },
  );
  const problems = [...unread, ...prepared.problems, ...toProblems(error)];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return toConfiguration(value as Variables, { isUriGiven: environment.MONGODB_URI !== undefined });
}

function toProblems(error: Joi.ValidationError | undefined): ConfigurationProblem[] {
  // A limit that is itself no number is reported under its own name.
  const details = (error?.details ?? []).filter(({ type }) => type !== 'any.ref');
  return details.map(({ path, message, context }) => {
    const variable = path.join('.');
    const text = message.startsWith(`${variable} `) ? message.slice(variable.length + 1) : message;
    // Joi repeats the value in the message of a failed pattern.
    const patternName = context?.name as string | undefined;
    return { variable, message: patternName ? `must be ${patternName}` : text };
  });
}

function toConfiguration(env: Variables, { isUriGiven }: { isUriGiven: boolean }) {
  const isProduction = env.NODE_ENV === 'production';
  return {
    server: {
      environment: env.NODE_ENV,
      host: env.HOST,
      port: env.PORT,
      logLevel: env.LOG_LEVEL,
      drainMs: env.SHUTDOWN_DRAIN_MS,
      shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
      /** Values that must never be printed. */
      secrets: [...secretsOf(env.MONGODB_URI), ...(env.DIAGNOSTICS_TOKEN ? [env.DIAGNOSTICS_TOKEN] : [])],
    },
    database: {
      uri: env.MONGODB_URI,
      database: env.MONGODB_DATABASE ?? databaseOf(env.MONGODB_URI) ?? DEFAULT_DATABASE,
      maxPoolSize: env.MONGODB_MAX_POOL_SIZE,
      minPoolSize: env.MONGODB_MIN_POOL_SIZE,
      connectTimeoutMs: env.MONGODB_CONNECT_TIMEOUT_MS,
      serverSelectionTimeoutMs: env.MONGODB_SERVER_SELECTION_TIMEOUT_MS,
      waitQueueTimeoutMs: env.MONGODB_WAIT_QUEUE_TIMEOUT_MS,
      socketTimeoutMs: env.MONGODB_SOCKET_TIMEOUT_MS,
      maxTimeMs: env.MONGODB_MAX_TIME_MS,
    },
    health: { intervalMs: env.HEALTH_INTERVAL_MS, timeoutMs: env.HEALTH_TIMEOUT_MS },
    diagnostics: {
      ratePerMinute: env.DIAGNOSTICS_RATE_PER_MINUTE,
      token: env.DIAGNOSTICS_TOKEN,
      /** Without a token the routes do not exist. */
      isTokenRequired: isProduction,
    },
    /** A connection string of the user's own is never second-guessed. */
    embedded: { isAllowed: env.MONGODB_EMBEDDED === 'auto' && !isUriGiven },
  };
}
