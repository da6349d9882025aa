import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ModelLike, Validator } from '#database';
import { mongo, Mongoose, Schema, type IndexDefinition } from 'mongoose';
import { CommandError } from '../command.error.ts';

/** A model of the application, as its start file prints it. */
interface ModelDescription {
  name: string;
  collection: string;
  /** Of a discriminator: the model whose collection it shares, and its value there. */
  base?: string;
  value?: string;
  options: Record<string, unknown>;
  indexes: { key: [field: string, direction: unknown][]; options: Record<string, unknown> }[];
  validator: Validator;
}

/** What the schemas of the application declare. */
export interface DeclaredModels {
  /** With the indexes and collection options of the application's models, and without their fields. */
  models: ModelLike[];
  /** What each collection would be checked against, by collection. */
  validators: ReadonlyMap<string, Validator>;
}

/** See `print-models.ts` of the service. */
const PRINT_MODELS = '--print-models';
const TIMEOUT_MS = 20_000;
const MAX_OUTPUT = 64 * 1_024 * 1_024;

/**
 * Asks the built application, which stands beside this command line, for its schemas.
 *
 * @param entry - Start file of the service
 * @throws {@link CommandError} `MODELS_UNKNOWN`
 */
export async function readDeclaredModels(
  signal?: AbortSignal,
  entry = serviceEntry(),
): Promise<DeclaredModels> {
  if (!existsSync(entry)) {
    throw new CommandError('MODELS_UNKNOWN', 'The service is not built, and it is what knows the schemas', {
      nextStep: 'run "npm run build"',
    });
  }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [entry, PRINT_MODELS], {
      maxBuffer: MAX_OUTPUT,
      timeout: TIMEOUT_MS,
      ...(signal && { signal }),
    });
    return toModels(mongo.BSON.EJSON.parse(stdout) as ModelDescription[]);
  } catch (error) {
    signal?.throwIfAborted();
    throw new CommandError('MODELS_UNKNOWN', 'The service does not say which schemas it has', {
      nextStep: `run "node dist/apps/api/main.js ${PRINT_MODELS}" to see why; "npm run build" builds it anew`,
      cause: error,
    });
  }
}

/** Models of Mongoose without a connection, for the services for indexes in `#database`. */
export function toModels(descriptions: readonly ModelDescription[]): DeclaredModels {
  const connection = new Mongoose({ autoCreate: false, autoIndex: false }).createConnection();
  const validators = new Map<string, Validator>();
  // A discriminator needs its base.
  const ordered = [...descriptions].sort(
    (a, b) => Number(a.base !== undefined) - Number(b.base !== undefined),
  );
  for (const { name, collection, base, value, options, indexes, validator } of ordered) {
    const schema = new Schema({}, options);
    for (const index of indexes) {
      schema.index(Object.fromEntries(index.key) as IndexDefinition, index.options);
    }
    if (base === undefined) connection.model(name, schema, collection);
    else connection.model(base).discriminator(name, schema, value);
    if (base === undefined) validators.set(collection, validator);
  }
  return { models: Object.values(connection.models), validators };
}

/** `dist/apps/api/main.js`, from `dist/apps/ops/main.js`, which may be reached through a link on the PATH. */
function serviceEntry(): string {
  const [, self = ''] = process.argv;
  return resolve(dirname(realpathSync(self)), '../api/main.js');
}
