import type { mongo } from 'mongoose';

/** The driver's pools, all servers together. */
export interface PoolStatistics {
  /** Connections open or being opened. */
  open: number;
  /** Connections in use. */
  checkedOut: number;
  /** Operations that wait for a connection. */
  waiting: number;
}

/** The parts of the driver's inside that are read here; a test on a real server fails when they move. */
interface DriverInside {
  topology?: { s: { servers: Map<string, { pool: DriverPool }> } };
}
interface DriverPool {
  totalConnectionCount: number;
  currentCheckedOutCount: number;
  waitQueueSize: number;
}

/**
 * Read from the pools themselves: counting the driver's events would be public, but an operation that is aborted while it waits
 * for a connection emits none for its end.
 */
export function readPoolStatistics(client: mongo.MongoClient): PoolStatistics {
  const statistics = { open: 0, checkedOut: 0, waiting: 0 };
  const { topology } = client as unknown as DriverInside;
  for (const { pool } of topology?.s.servers.values() ?? []) {
    statistics.open += pool.totalConnectionCount;
    statistics.checkedOut += pool.currentCheckedOutCount;
    statistics.waiting += pool.waitQueueSize;
  }
  return statistics;
}
