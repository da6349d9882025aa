export { DatabaseConnection } from './connection/database-connection.ts';
export type { PoolStatistics } from './connection/pool-statistics.ts';
export type { StartupTask } from './connection/startup-tasks.ts';
export { DatabaseModule } from './database.module.ts';
export { DocumentStore } from './document-store.ts';
export {
  DatabaseError,
  DatabaseTimeoutError,
  DatabaseUnavailableError,
  DocumentInvalidError,
  DocumentNotFoundError,
  DuplicateKeyError,
  FilterInvalidError,
  NotPermittedError,
  TransactionUnsupportedError,
  VersionConflictError,
  type FieldProblem,
  type UnavailableReason,
} from './errors/database.error.ts';
export { toDatabaseError } from './errors/to-database-error.ts';
export { MongoRepository } from './repository/mongo.repository.ts';
export type {
  ConditionalOptions,
  FindOptions,
  ManyOptions,
  OperationOptions,
  Stored,
} from './repository/operation-options.ts';
export { TransactionEndedError } from './transactions/transaction-ended.error.ts';
export {
  currentSession,
  outsideTransaction,
  type AfterCommit,
  type Transaction,
} from './transactions/transaction.ts';
export { Transactions, type TransactionOptions } from './transactions/transactions.ts';
