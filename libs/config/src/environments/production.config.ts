import Joi from 'joi';
import type { ConfigurationProblem } from '../configuration.error.ts';
import type { Environment } from '../environment.ts';
import { buildUri, credentialsOf, databaseName, hostList, mongodbUri } from '../mongodb-uri.ts';
import { commonVariables, drainMs, indexPolicy, type Variables } from '../variables.ts';

const MIN_PASSWORD_LENGTH = 12;
const EXAMPLE_PASSWORDS = ['your-strong-password-here'];
/** Mechanisms that prove who the client is without a password. */
const PASSWORDLESS_MECHANISMS = ['MONGODB-X509', 'MONGODB-AWS', 'MONGODB-OIDC', 'GSSAPI'];

const allowNoAuth = Joi.boolean().default(false);

/** What only production reads, to build the connection string and to decide whether it may go without credentials. */
interface ProductionParts {
  MONGODB_HOST: string;
  MONGODB_REPLICA_SET: string;
  MONGODB_ALLOW_NO_AUTH: boolean;
}

/** In production: reachable from outside, authenticated, drained before it stops. */
export const productionConfig = Joi.object<Variables & ProductionParts>({
  ...commonVariables,
  HOST: Joi.string().default('0.0.0.0'),
  MONGODB_URI: mongodbUri().required(),
  MONGODB_HOST: hostList(),
  MONGODB_REPLICA_SET: Joi.string(),
  MONGODB_ALLOW_NO_AUTH: allowNoAuth,
  MONGODB_EMBEDDED: Joi.string().valid('off').default('off'),
  MONGODB_INDEXES: indexPolicy().default('check'),
  SHUTDOWN_DRAIN_MS: drainMs().default(3_000),
});

/**
 * Fills in `MONGODB_URI` from its parts when it is not given whole, and finds what makes the credentials unsafe.
 *
 * @returns The environment to validate, and a problem for each variable at fault
 */
export function prepareProduction(environment: Environment): {
  environment: Environment;
  problems: ConfigurationProblem[];
} {
  const { value: isOpen, error } = allowNoAuth.validate(environment.MONGODB_ALLOW_NO_AUTH);
  // A value that is no boolean is reported by the schema.
  const isAuthRequired = error !== undefined || !isOpen;
  if (environment.MONGODB_URI !== undefined) {
    return { environment, problems: checkUri(environment.MONGODB_URI, { isAuthRequired }) };
  }
  return buildFromParts(environment);
}

function checkUri(uri: string, { isAuthRequired }: { isAuthRequired: boolean }): ConfigurationProblem[] {
  const variable = 'MONGODB_URI';
  if (mongodbUri().validate(uri).error) return [];
  const { username, password, mechanism } = credentialsOf(uri);
  if (mechanism !== undefined && PASSWORDLESS_MECHANISMS.includes(mechanism)) return [];
  if (!username || !password) {
    if (!isAuthRequired) return [];
    const message =
      'has no credentials: write them as mongodb://USER:PASSWORD@HOST, or set MONGODB_ALLOW_NO_AUTH=true for a database without authentication';
    return [{ variable, message }];
  }
  return checkPassword(variable, password);
}

function buildFromParts(environment: Environment): ReturnType<typeof prepareProduction> {
  const usernameVariable = nameGiven(environment, 'MONGODB_USERNAME', 'MONGO_ROOT_USERNAME');
  const passwordVariable = nameGiven(environment, 'MONGODB_PASSWORD', 'MONGO_ROOT_PASSWORD');
  const username = environment[usernameVariable];
  const password = environment[passwordVariable];
  const problems: ConfigurationProblem[] = [];
  for (const [variable, value] of [
    [usernameVariable, username],
    [passwordVariable, password],
  ] as const) {
    if (value === undefined) {
      const message = `is required in production: set it, or ${variable}_FILE, or the whole MONGODB_URI`;
      problems.push({ variable, message });
    }
  }
  if (password !== undefined) problems.push(...checkPassword(passwordVariable, password));
  if ((environment.MONGODB_USERNAME === undefined) !== (environment.MONGODB_PASSWORD === undefined)) {
    const message = 'and MONGODB_PASSWORD belong together: set both or neither';
    problems.push({ variable: 'MONGODB_USERNAME', message });
  }
  const hosts = environment.MONGODB_HOST ?? 'mongodb:27017';
  const database = environment.MONGODB_DATABASE ?? 'openai_outreach';
  const areUsable = !hostList().validate(hosts).error && !databaseName().validate(database).error;
  const uri = buildUri({
    username: username ?? 'missing',
    password: password ?? 'missing',
    // A host list or name that the schema refuses is reported under its own variable, not as a wrong MONGODB_URI.
    hosts: areUsable ? hosts : 'mongodb:27017',
    database: areUsable ? database : 'openai_outreach',
    replicaSet: environment.MONGODB_REPLICA_SET,
  });
  return { environment: { ...environment, MONGODB_URI: uri }, problems };
}

function nameGiven(environment: Environment, own: string, root: string): string {
  return environment[own] === undefined ? root : own;
}

function checkPassword(variable: string, password: string): ConfigurationProblem[] {
  if (EXAMPLE_PASSWORDS.includes(password)) {
    const verb = variable === 'MONGODB_URI' ? 'contains' : 'is';
    return [{ variable, message: `${verb} the password of the example: choose one of your own` }];
  }
  if (password.length < MIN_PASSWORD_LENGTH) {
    return [
      { variable, message: `has a password under ${MIN_PASSWORD_LENGTH} characters: choose a longer one` },
    ];
  }
  return [];
}
