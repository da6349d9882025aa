import Joi from 'joi';
import { mongo } from 'mongoose';
import type { Environment } from './environment.ts';

const DATABASE_NAME_RULE = 'at most 63 characters, no spaces, dots, slashes or any of "$*<>:|?';

const UNENCODED = 'percent-encode @ : / ? # in the user name and password, for example @ as %40';

/** Options of a connection string that have a variable of their own. */
const OPTION_VARIABLES = {
  maxPoolSize: 'MONGODB_MAX_POOL_SIZE',
  minPoolSize: 'MONGODB_MIN_POOL_SIZE',
  connectTimeoutMS: 'MONGODB_CONNECT_TIMEOUT_MS',
  serverSelectionTimeoutMS: 'MONGODB_SERVER_SELECTION_TIMEOUT_MS',
  waitQueueTimeoutMS: 'MONGODB_WAIT_QUEUE_TIMEOUT_MS',
  socketTimeoutMS: 'MONGODB_SOCKET_TIMEOUT_MS',
} as const;
type OptionName = keyof typeof OPTION_VARIABLES;
const OPTION_NAMES = Object.keys(OPTION_VARIABLES) as OptionName[];

/** What a connection string is built from when it is not given whole. */
export interface UriParts {
  username: string;
  password: string;
  /** `host:port`, or several of them with commas for a replica set. */
  hosts: string;
  database: string;
  replicaSet?: string | undefined;
}

/**
 * Builds a connection string that authenticates against `admin`, with every part percent-encoded.
 *
 * @see https://www.mongodb.com/docs/manual/reference/connection-string/ (which characters must be encoded)
 */
export function buildUri({ username, password, hosts, database, replicaSet }: UriParts): string {
  const credentials = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  const options = new URLSearchParams({ authSource: 'admin', ...(replicaSet && { replicaSet }) });
  return `mongodb://${credentials}@${hosts}/${encodeURIComponent(database)}?${options.toString()}`;
}

/** Credentials of a connection string that {@link mongodbUri} accepted. */
export function credentialsOf(uri: string): { username?: string; password?: string; mechanism?: string } {
  const { credentials } = new mongo.MongoClient(uri).options;
  if (!credentials) return {};
  return {
    username: credentials.username,
    mechanism: credentials.mechanism,
    ...(credentials.password && { password: credentials.password }),
  };
}

/** Every secret in a connection string that {@link mongodbUri} accepted: also that of the TLS key, and of a proxy. */
export function secretsOf(uri: string): string[] {
  const { credentials, passphrase, proxyPassword } = new mongo.MongoClient(uri).options;
  return [credentials?.password, passphrase, proxyPassword].flatMap((secret) => secret || []);
}

/**
 * What the options of a connection string say about that for which there are variables, as values of these variables.
 *
 * @returns Nothing for a connection string that {@link mongodbUri} refuses
 */
export function variablesOf(uri: string): Environment {
  const query = /\?(.*)$/s.exec(uri)?.[1];
  const given = new Set([...new URLSearchParams(query).keys()].map((name) => name.toLowerCase()));
  const names = OPTION_NAMES.filter((name) => given.has(name.toLowerCase()));
  if (names.length === 0 || findFault(uri) !== undefined) return {};
  const { options } = new mongo.MongoClient(uri);
  return Object.fromEntries(names.map((name) => [OPTION_VARIABLES[name], String(options[name])]));
}

/** Name in a connection string of what `variable` sets, if it has one. */
export function optionOf(variable: string): string | undefined {
  return OPTION_NAMES.find((name) => OPTION_VARIABLES[name] === variable);
}

/** Database that a connection string names after the slash, if it names one. */
export function databaseOf(uri: string): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]+)/.exec(uri)?.[1];
  return path === undefined ? undefined : decodeURIComponent(path);
}

/** Database names that MongoDB takes on every platform: https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions */
export function databaseName(): Joi.StringSchema {
  return Joi.string()
    .max(63)
    .pattern(/^[^/\\. "$*<>:|?\0]+$/, `a MongoDB database name: ${DATABASE_NAME_RULE}`);
}

/** A list of hosts that the driver itself accepts in a connection string. */
export function hostList(): Joi.StringSchema {
  return Joi.string()
    .custom((hosts: string, helpers) => {
      const isList = /^[^\s,@/?#]+(,[^\s,@/?#]+)*$/.test(hosts);
      return isList && findFault(`mongodb://${hosts}`) === undefined ? hosts : helpers.error('mongodb.hosts');
    })
    .messages({ 'mongodb.hosts': '{#label} must be host:port, or several of them separated by commas' });
}

/** A connection string that the driver itself accepts, so that a misspelt option stops the start and not the first request. */
export function mongodbUri(): Joi.StringSchema {
  return Joi.string()
    .custom((uri: string, helpers) => {
      const fault = findFault(uri);
      return fault === undefined ? uri : helpers.error('mongodb.uri', { fault });
    })
    .messages({ 'mongodb.uri': '{#label} is not a usable connection string: {#fault}' });
}

/** Says what is wrong without repeating a part of the string that could hold a secret. */
function findFault(uri: string): string | undefined {
  if (!/^mongodb(\+srv)?:\/\//.test(uri)) return 'it must start with mongodb:// or mongodb+srv://';
  const authority = uri.replace(/^mongodb(\+srv)?:\/\//, '').split('/', 1)[0] ?? '';
  if (authority.split('@').length > 2) return UNENCODED;
  try {
    // The constructor parses and checks every option; it opens no socket.
    new mongo.MongoClient(uri);
  } catch (error) {
    return describeParseError(error, uri);
  }
  const database = databaseOf(uri);
  if (database !== undefined && databaseName().validate(database).error) {
    return `the part after the slash must be a MongoDB database name: ${DATABASE_NAME_RULE}`;
  }
  return undefined;
}

function describeParseError(error: unknown, uri: string): string {
  const message = Error.isError(error) ? error.message : '';
  const option = /^options? (.+?) (?:is|are) not supported/i.exec(message)?.[1];
  // An @ behind the question mark means that a password may have been cut in two: then the "option" could be a part of it.
  if (option !== undefined && !uri.slice(uri.indexOf('?')).includes('@')) return `unknown option ${option}`;
  if (/unescaped/i.test(message)) return UNENCODED;
  if (/malformed/i.test(message)) {
    return 'the user name, password or database has a % that is not followed by two hexadecimal digits';
  }
  return 'compare it with mongodb://USER:PASSWORD@HOST:27017/DATABASE?authSource=admin and check each option';
}
