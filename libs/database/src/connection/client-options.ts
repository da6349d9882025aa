import type { DatabaseConfig } from '#config';
import { mongo } from 'mongoose';

/**
 * Options of the driver's client. Each takes the place of the same option in the connection string; what that string may decide
 * for itself is taken from it, or left out where the driver's default is ours as well (`retryReads`, `retryWrites`).
 *
 * Writes are acknowledged by the majority and journalled: with the driver's default a standalone loses up to 100 ms of
 * acknowledged writes when it is killed. `connectTimeoutMS` also bounds the monitor, so it is no measure of health.
 *
 * @see https://www.mongodb.com/docs/manual/reference/write-concern/#acknowledgment-behavior
 */
export function toClientOptions(config: DatabaseConfig): mongo.MongoClientOptions & { dbName: string } {
  const { credentials, appName, writeConcern } = new mongo.MongoClient(config.uri).options;
  return {
    appName: appName ?? 'openai-outreach',
    // Mongoose takes it for its models, and otherwise the one of the connection string. The user is looked up where that string says.
    dbName: config.database,
    ...(credentials && { authSource: credentials.source }),
    maxPoolSize: config.maxPoolSize,
    minPoolSize: config.minPoolSize,
    connectTimeoutMS: config.connectTimeoutMs,
    serverSelectionTimeoutMS: config.serverSelectionTimeoutMs,
    waitQueueTimeoutMS: config.waitQueueTimeoutMs,
    socketTimeoutMS: config.socketTimeoutMs,
    heartbeatFrequencyMS: 2_000,
    w: 'majority',
    journal: true,
    // Older names of the same thing, which would win over it. Only then: the driver warns about them.
    ...(writeConcern?.journal === false && { j: true, fsync: true }),
    wtimeoutMS: writeConcern?.wtimeoutMS ?? config.maxTimeMs,
    monitorCommands: true,
  };
}
