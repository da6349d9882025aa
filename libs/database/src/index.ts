export type { BulkOperation } from './bulk/bulk-operation.ts';
export type { BulkReport, ItemError, UnconfirmedItem } from './bulk/bulk-report.ts';
export type { BulkOptions } from './bulk/bulk-run.ts';
export { BulkWriteError } from './bulk/bulk-write.error.ts';
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
export type { ModelLike } from './indexes/declared-indexes.ts';
export { IndexesContradictError } from './indexes/index.error.ts';
export {
  applyIndexes,
  type ApplyIndexesOptions,
  type ApplyIndexesReport,
  type IndexStep,
} from './indexes/apply-indexes.ts';
export { IndexKeeper, type IndexPolicy, type IndexState } from './indexes/index-keeper.ts';
export { findDuplicates, type Duplicates } from './indexes/find-duplicates.ts';
export { isInPlace, planIndexes, type ChangedIndex, type CollectionPlan } from './indexes/index-plan.ts';
export { CursorInvalidError, PageSortError } from './page/page.error.ts';
export type { PageSort } from './page/page-sort.ts';
export type { Filter, Id, Stored, Update } from './repository/document-types.ts';
export type { WriteExplanation } from './repository/model-plan.ts';
export { MongoRepository } from './repository/mongo.repository.ts';
export type {
  ConditionalOptions,
  FindOptions,
  ManyOptions,
  OperationOptions,
  PageOptions,
  Permanently,
  ReadOptions,
  StoredPage,
  UpdateOptions,
  Upserted,
} from './repository/operation-options.ts';
export { acrossScopes, scopeDigest, ScopeMissingError, withScope, type Scope } from './scope/scope.ts';
export { TransactionEndedError } from './transactions/transaction-ended.error.ts';
export {
  currentSession,
  outsideTransaction,
  type AfterCommit,
  type Transaction,
} from './transactions/transaction.ts';
export { Transactions, type TransactionOptions } from './transactions/transactions.ts';
export { toValidator, type Validator } from './validator/to-validator.ts';
export {
  applyValidator,
  planValidator,
  type ValidatorPlan,
  type Violators,
} from './validator/validator-plan.ts';
export { ValidatorViolatedError } from './validator/validator.error.ts';
export type { ChangeEvent, ChangeKind } from './watch/change-event.ts';
export {
  ChangeStreamLostError,
  ChangeStreamUnsupportedError,
  type ResumeToken,
} from './watch/change-stream.error.ts';
export type { WatchOptions } from './watch/watch.ts';
