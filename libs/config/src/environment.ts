import { readFileSync } from 'node:fs';
import { parseEnv as parseDotEnv } from 'node:util';
import { ConfigurationError, type ConfigurationProblem } from './configuration.error.ts';

/** Variables that hold a secret; each may instead be given as `NAME_FILE`, the path of a file that holds it. */
export const SECRET_VARIABLES = [
  'MONGODB_URI',
  'MONGO_ROOT_USERNAME',
  'MONGO_ROOT_PASSWORD',
  'MONGODB_USERNAME',
  'MONGODB_PASSWORD',
  'DIAGNOSTICS_TOKEN',
] as const;

export type Environment = Record<string, string>;

/** Stand in for a secret whose file cannot be read, so that it is not reported as missing or weak as well. */
const UNREAD_SECRET = 'unread-unread-unread';
const UNREAD_URI = `mongodb://unread:${UNREAD_SECRET}@unread`;

/**
 * Reads `.env` when there is one, lays the real environment over it and resolves secret files. A variable set to the empty string
 * counts as unset, since Compose passes undefined variables on that way.
 *
 * @param real - The process environment
 * @param dotEnvPath - Path of the `.env` file; `null` reads none
 * @returns Every variable that has a value, and a problem for each secret file that is missing, empty, unreadable, or given beside
 *   its variable; to be reported together with others
 */
export function collectEnvironment(
  real: NodeJS.ProcessEnv,
  dotEnvPath: string | null,
): { environment: Environment; problems: ConfigurationProblem[] } {
  const environment: Environment = {};
  const problems: ConfigurationProblem[] = [];
  const dotEnv = { ...collect(problems, () => readDotEnv(dotEnvPath)) };
  for (const variable of SECRET_VARIABLES) {
    const forms = [variable, `${variable}_FILE`];
    if (forms.some((form) => real[form])) for (const form of forms) delete dotEnv[form];
  }
  for (const [name, value] of Object.entries({ ...dotEnv, ...real })) {
    if (value !== undefined && value !== '') environment[name] = value;
  }
  for (const variable of SECRET_VARIABLES) {
    const path = environment[`${variable}_FILE`];
    if (path === undefined) continue;
    const secret = collect(problems, () => readSecretFile(variable, path, environment));
    environment[variable] = secret ?? (variable === 'MONGODB_URI' ? UNREAD_URI : UNREAD_SECRET);
  }
  return { environment, problems };
}

/** Runs `read`; its problems are added to the list. */
function collect<T>(problems: ConfigurationProblem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function readDotEnv(path: string | null): NodeJS.Dict<string> {
  if (path === null) return {};
  try {
    return parseDotEnv(readText(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw problem('.env', `cannot be read (${codeOf(error)}): check the permissions of the file`);
  }
}

function readSecretFile(variable: string, path: string, environment: Environment): string {
  const fileVariable = `${variable}_FILE`;
  if (environment[variable] !== undefined) {
    throw problem(fileVariable, `and ${variable} are both set: keep one of them`);
  }
  let content: string;
  try {
    content = readText(path);
  } catch (error) {
    throw problem(
      fileVariable,
      `names a file that cannot be read (${codeOf(error)}): check path and permissions`,
    );
  }
  const secret = content.replace(/\r?\n$/, '');
  if (secret === '') throw problem(fileVariable, 'names an empty file: write the secret into it');
  return secret;
}

/** Without the byte order mark that some editors put in front. */
function readText(path: string): string {
  return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
}

function problem(variable: string, message: string): ConfigurationError {
  return new ConfigurationError([{ variable, message }]);
}

function codeOf(error: unknown): string {
  return Error.isError(error) && 'code' in error ? String(error.code) : 'unknown error';
}
