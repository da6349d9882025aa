import Joi from 'joi';
import { mongo } from 'mongoose';

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

/** Database that a connection string names after the slash, if it names one. */
export function databaseOf(uri: string): string | undefined {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]+)/.exec(uri)?.[1];
  return path === undefined ? undefined : decodeURIComponent(path);
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
  if (authority.split('@').length > 2) {
    return 'percent-encode @ : / ? # in the user name and password, for example @ as %40';
  }
  try {
    // The constructor parses and checks every option; it opens no socket.
    new mongo.MongoClient(uri);
  } catch (error) {
    return describeParseError(error, uri);
  }
  return undefined;
}

function describeParseError(error: unknown, uri: string): string {
  const message = error instanceof Error ? error.message : '';
  const option = /^options? (.+?) (?:is|are) not supported/i.exec(message)?.[1];
  // An @ behind the question mark means that a password may have been cut in two: then the "option" could be a part of it.
  if (option !== undefined && !uri.slice(uri.indexOf('?')).includes('@')) return `unknown option ${option}`;
  if (error instanceof URIError || /malformed|escape/i.test(message)) {
    return 'the user name, password or database has a % that is not followed by two hexadecimal digits';
  }
  return 'compare it with mongodb://USER:PASSWORD@HOST:27017/DATABASE?authSource=admin and check each option';
}
