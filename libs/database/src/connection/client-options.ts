import type { DatabaseConfig } from '#config';
import type { mongo } from 'mongoose';

/**
 * Options of the driver's client.
 *
 * Writes are acknowledged by the majority and journalled: with the driver's default a standalone loses up to 100 ms of
 * acknowledged writes when it is killed. `connectTimeoutMS` also bounds the monitor, so it is no measure of health.
 *
 * @see https://www.mongodb.com/docs/manual/reference/write-concern/#acknowledgment-behavior
 */
export function toClientOptions(config: DatabaseConfig): mongo.MongoClientOptions {
  return {
    appName: 'openai-outreach',
    maxPoolSize: config.maxPoolSize,
    minPoolSize: config.minPoolSize,
    connectTimeoutMS: config.connectTimeoutMs,
    serverSelectionTimeoutMS: config.serverSelectionTimeoutMs,
    waitQueueTimeoutMS: config.waitQueueTimeoutMs,
    socketTimeoutMS: config.socketTimeoutMs,
    heartbeatFrequencyMS: 2_000,
    writeConcern: { w: 'majority', journal: true, wtimeoutMS: config.maxTimeMs },
    retryReads: true,
    retryWrites: true,
    monitorCommands: true,
  };
}
