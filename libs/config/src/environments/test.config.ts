import Joi from 'joi';
import { mongodbUri } from '../mongodb-uri.ts';
import { commonVariables, drainMs, indexPolicy, type Variables } from '../variables.ts';

/** Under test: as in development, but never in the developer's database and never with an embedded server. */
export const testConfig = Joi.object<Variables>({
  ...commonVariables,
  HOST: Joi.string().default('127.0.0.1'),
  MONGODB_URI: mongodbUri().default('mongodb://localhost:27017/openai_outreach_test'),
  MONGODB_EMBEDDED: Joi.string().valid('off').default('off'),
  MONGODB_INDEXES: indexPolicy().default('build'),
  SHUTDOWN_DRAIN_MS: drainMs().default(0),
});
