import Joi from 'joi';
import { mongodbUri } from '../mongodb-uri.ts';
import { commonVariables, drainMs, indexPolicy, type Variables } from '../variables.ts';

/** On a developer's machine: bound to loopback, no authentication, a database of its own when none is running. */
export const developmentConfig = Joi.object<Variables>({
  ...commonVariables,
  HOST: Joi.string().default('127.0.0.1'),
  MONGODB_URI: mongodbUri().default('mongodb://localhost:27017/openai_outreach'),
  MONGODB_EMBEDDED: Joi.string().valid('auto', 'off').default('auto'),
  MONGODB_INDEXES: indexPolicy().default('build'),
  SHUTDOWN_DRAIN_MS: drainMs().default(0),
});
