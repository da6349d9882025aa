import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '#config';
import { DatabaseConnection, toValidator } from '#database';
import { mongo, type Model, type Schema } from 'mongoose';
import { createApplication } from './application.ts';
import { createLogger } from './logging/logger.ts';

/** Makes the start print {@link describeModels} in place of serving. For the command line, which knows no schema of its own. */
export const PRINT_MODELS = '--print-models';

/** Options of a schema that decide how its collection and indexes are made. */
const OPTIONS = [
  'collation',
  'capped',
  'timeseries',
  'expireAfterSeconds',
  'clusteredIndex',
  'collectionOptions',
  'discriminatorKey',
] as const;

/** Prints the models of the application as one line of extended JSON, without connecting to anything. */
export async function printModels({ server }: Configuration): Promise<void> {
  const app = await createApplication(await createLogger({ ...server, logLevel: 'silent' }));
  const { models } = app.get(DatabaseConnection).mongoose;
  const line = `${mongo.BSON.EJSON.stringify(describeModels(Object.values(models)))}\n`;
  await new Promise((done) => process.stdout.write(line, done));
}

/**
 * What the schemas of models ask of the server, in plain values from which equal models can be made: `name`, `collection`, `base` and
 * `value` of a discriminator, `options`, `indexes` as Mongoose lists them, and `validator`.
 */
export function describeModels(models: readonly Model<unknown>[]): object[] {
  return models.map(({ modelName, baseModelName, collection, schema }) => {
    const options = schema.options as Record<string, unknown>;
    const { discriminatorMapping } = schema as Schema & { discriminatorMapping?: { value?: string } };
    return {
      name: modelName,
      collection: collection.collectionName,
      ...(baseModelName !== undefined && { base: baseModelName, value: discriminatorMapping?.value }),
      options: Object.fromEntries(
        OPTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
      ),
      indexes: ownIndexes(schema, models.find((model) => model.modelName === baseModelName)?.schema).map(
        ([key, given]) => ({ key: Object.entries(key), options: given }),
      ),
      validator: toValidator(schema),
    };
  });
}

/** A discriminator repeats the indexes of its base, which it gets again where it is made anew. */
function ownIndexes(schema: Schema, base: Schema | undefined): ReturnType<Schema['indexes']> {
  const inherited = base?.indexes() ?? [];
  return schema.indexes().filter((index) => !inherited.some((other) => isDeepStrictEqual(index, other)));
}
