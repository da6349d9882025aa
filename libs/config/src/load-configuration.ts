import type Joi from 'joi';
import { ConfigurationError, type ConfigurationProblem } from './configuration.error.ts';
import { collectEnvironment, type Environment } from './environment.ts';
import { developmentConfig } from './environments/development.config.ts';
import { prepareProduction, productionConfig } from './environments/production.config.ts';
import { testConfig } from './environments/test.config.ts';
import { databaseOf, optionOf, secretsOf, variablesOf } from './mongodb-uri.ts';
import { redact } from './redact.ts';
import type { Variables } from './variables.ts';

const SCHEMAS = { development: developmentConfig, production: productionConfig, test: testConfig };
const DEFAULT_DATABASE = 'openai_outreach';

/** Everything the applications can be told from outside, checked and typed. */
export type Configuration = ReturnType<typeof toConfiguration>;

/** What was read last from the process, and from which variables and folder. */
let latest: { source: string; configuration: Configuration } | undefined;

/**
 * Reads and checks the whole environment under the rules of `NODE_ENV` (development when unset). Every section of an application
 * asks for it: `.env` and secret files are read again only when a variable of the process or its folder has changed.
 *
 * @param given - Variables by name; read from `.env` and the process when absent
 * @throws {@link ConfigurationError} With every problem at once, by variable name and without any value
 */
export function loadConfiguration(given?: Environment): Configuration {
  if (given) return check({ environment: given, problems: [] });
  const source = JSON.stringify([process.cwd(), process.env]);
  if (latest?.source !== source) {
    latest = { source, configuration: check(collectEnvironment(process.env, '.env')) };
  }
  return latest.configuration;
}

function check({ environment, problems: unread }: ReturnType<typeof collectEnvironment>): Configuration {
  const name = environment.NODE_ENV ?? 'development';
  const schema = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name as keyof typeof SCHEMAS] : developmentConfig;
  const prepared = name === 'production' ? prepareProduction(environment) : { environment, problems: [] };
  const { MONGODB_URI: uri } = prepared.environment;
  const ofUri = uri === undefined ? {} : variablesOf(uri);
  const { value, error } = schema.validate(
    { ...ofUri, ...prepared.environment, NODE_ENV: name },
    { abortEarly: false, stripUnknown: true, errors: { wrap: { label: false, array: false } } },
  );
  const asOptions = Object.keys(ofUri).filter((variable) => environment[variable] === undefined);
  const problems = [...unread, ...prepared.problems, ...toProblems(error, asOptions)];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return toConfiguration(value as Variables, environment);
}

/** @param ofUri - Variables whose value is an option of the connection string, which is then to blame */
function toProblems(error: Joi.ValidationError | undefined, ofUri: string[]): ConfigurationProblem[] {
  // A limit that is itself no number is reported under its own name.
  const details = (error?.details ?? []).filter(({ type }) => type !== 'any.ref');
  return details.map(({ path, message, context }) => {
    const variable = path.join('.');
    const text = message.startsWith(`${variable} `) ? message.slice(variable.length + 1) : message;
    if (ofUri.includes(variable)) {
      return { variable: 'MONGODB_URI', message: `option ${optionOf(variable)} ${text}` };
    }
    // Joi repeats the value in the message of a failed pattern.
    const patternName = context?.name as string | undefined;
    return { variable, message: patternName ? `must be ${patternName}` : text };
  });
}

/** @param given - The variables before defaults, also those that this environment does not use */
function toConfiguration(env: Variables, given: Environment) {
  const isProduction = env.NODE_ENV === 'production';
  return {
    server: redact(
      {
        environment: env.NODE_ENV,
        host: env.HOST,
        port: env.PORT,
        /** Whose word is taken for the address of a client. */
        trustedProxies: env.TRUSTED_PROXIES ?? [],
        logLevel: env.LOG_LEVEL,
        drainMs: env.SHUTDOWN_DRAIN_MS,
        shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
        /** Values that must never be printed. */
        secrets: allSecrets(env, given),
      },
      'secrets',
    ),
    database: redact(
      {
        uri: env.MONGODB_URI,
        database: env.MONGODB_DATABASE ?? databaseOf(env.MONGODB_URI) ?? DEFAULT_DATABASE,
        maxPoolSize: env.MONGODB_MAX_POOL_SIZE,
        minPoolSize: env.MONGODB_MIN_POOL_SIZE,
        connectTimeoutMs: env.MONGODB_CONNECT_TIMEOUT_MS,
        serverSelectionTimeoutMs: env.MONGODB_SERVER_SELECTION_TIMEOUT_MS,
        waitQueueTimeoutMs: env.MONGODB_WAIT_QUEUE_TIMEOUT_MS,
        socketTimeoutMs: env.MONGODB_SOCKET_TIMEOUT_MS,
        maxTimeMs: env.MONGODB_MAX_TIME_MS,
        indexes: env.MONGODB_INDEXES,
      },
      'uri',
    ),
    health: { intervalMs: env.HEALTH_INTERVAL_MS, timeoutMs: env.HEALTH_TIMEOUT_MS },
    diagnostics: redact(
      {
        ratePerMinute: env.DIAGNOSTICS_RATE_PER_MINUTE,
        token: env.DIAGNOSTICS_TOKEN,
        /** Without a token the routes do not exist. */
        isTokenRequired: isProduction,
      },
      'token',
    ),
    /** A connection string of the user's own is never second-guessed. */
    embedded: { isAllowed: env.MONGODB_EMBEDDED === 'auto' && given.MONGODB_URI === undefined },
  };
}

/** Also of passwords that are given and not used. */
function allSecrets(env: Variables, { MONGO_ROOT_PASSWORD, MONGODB_PASSWORD }: Environment): string[] {
  const others = [env.DIAGNOSTICS_TOKEN, MONGO_ROOT_PASSWORD, MONGODB_PASSWORD];
  return [...new Set([...secretsOf(env.MONGODB_URI), ...others.flatMap((secret) => secret ?? [])])];
}
