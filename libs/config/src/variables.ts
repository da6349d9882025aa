import Joi from 'joi';
import { databaseName, mongodbUri } from './mongodb-uri.ts';

/** Environment variables after validation: defaults applied, numbers as numbers. */
export interface Variables {
  NODE_ENV: 'development' | 'production' | 'test';
  HOST: string;
  PORT: number;
  TRUSTED_PROXIES?: string[];
  LOG_LEVEL: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  MONGODB_URI: string;
  MONGODB_DATABASE?: string;
  MONGODB_MAX_POOL_SIZE: number;
  MONGODB_MIN_POOL_SIZE: number;
  MONGODB_CONNECT_TIMEOUT_MS: number;
  MONGODB_SERVER_SELECTION_TIMEOUT_MS: number;
  MONGODB_WAIT_QUEUE_TIMEOUT_MS: number;
  MONGODB_SOCKET_TIMEOUT_MS: number;
  MONGODB_MAX_TIME_MS: number;
  MONGODB_EMBEDDED: 'auto' | 'off';
  MONGODB_INDEXES: 'build' | 'check' | 'off';
  HEALTH_INTERVAL_MS: number;
  HEALTH_TIMEOUT_MS: number;
  SHUTDOWN_DRAIN_MS: number;
  SHUTDOWN_TIMEOUT_MS: number;
  DIAGNOSTICS_TOKEN?: string;
  DIAGNOSTICS_RATE_PER_MINUTE: number;
}

/** A length of time in whole milliseconds; the longest that a Node timer takes is 2^31 - 1. */
const durationMs = (): Joi.NumberSchema => Joi.number().integer().min(0).max(2_147_483_647);
const positiveMs = (): Joi.NumberSchema => durationMs().min(1);

/** Addresses or networks, separated by commas. */
function trustedProxies(): Joi.AnySchema {
  const addresses = Joi.array()
    .items(Joi.string().trim().ip({ cidr: 'optional' }))
    .min(1);
  return Joi.any()
    .custom((value: unknown, helpers) => {
      const { error, value: list } = addresses.validate(String(value).split(','));
      return error ? helpers.error('proxies') : list;
    }, 'a list of addresses')
    .messages({
      proxies: '{#label} must be addresses or networks separated by commas, as in 10.0.0.0/8,127.0.0.1',
    });
}

/** The variables that mean the same in every environment. Each environment adds those whose default or rules are its own. */
export const commonVariables = {
  NODE_ENV: Joi.string().valid('development', 'production', 'test'),
  PORT: Joi.number().port().default(3000),
  LOG_LEVEL: Joi.string().valid('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  TRUSTED_PROXIES: trustedProxies(),
  MONGODB_URI: mongodbUri(),
  MONGODB_DATABASE: databaseName(),
  MONGODB_MAX_POOL_SIZE: Joi.number().integer().min(1).max(10_000).default(100),
  MONGODB_MIN_POOL_SIZE: Joi.number()
    .integer()
    .min(0)
    .max(Joi.ref('MONGODB_MAX_POOL_SIZE'))
    .default(0)
    .messages({ 'number.max': '{#label} must not be above MONGODB_MAX_POOL_SIZE' }),
  MONGODB_CONNECT_TIMEOUT_MS: positiveMs().default(30_000),
  MONGODB_SERVER_SELECTION_TIMEOUT_MS: positiveMs().default(5_000),
  MONGODB_WAIT_QUEUE_TIMEOUT_MS: positiveMs().default(5_000),
  MONGODB_SOCKET_TIMEOUT_MS: positiveMs().default(20_000),
  MONGODB_MAX_TIME_MS: positiveMs().default(10_000),
  HEALTH_INTERVAL_MS: positiveMs().min(100).default(1_000),
  HEALTH_TIMEOUT_MS: positiveMs().min(100).default(1_000),
  SHUTDOWN_TIMEOUT_MS: positiveMs().default(10_000),
  DIAGNOSTICS_TOKEN: Joi.string()
    .min(16)
    .pattern(/^[\x21-\x7e]+$/, 'printable ASCII without spaces')
    .messages({
      'string.min':
        '{#label} must have at least {#limit} characters: make one, for example with openssl rand -hex 32',
    }),
  DIAGNOSTICS_RATE_PER_MINUTE: Joi.number().integer().min(1).max(100_000).default(10),
};

/** What happens at start to the indexes that the schemas declare. */
export const indexPolicy = (): Joi.StringSchema => Joi.string().valid('build', 'check', 'off');

/** How long readiness says 503 while requests are still taken, in milliseconds. */
export const drainMs = durationMs;
