import type { Server } from 'node:http';
import type { Logger } from 'pino';

/**
 * Connections that may be open at once. One that does nothing takes 12 kB, one with headers that never end 25 kB: together 75 MB, which
 * `docs/resource-limits.md` counts with. It is also well under the 4,096 files that the strictest of usual systems lets a process open,
 * so that the connections of the database, and files, are never those that fail.
 */
export const MAX_CONNECTIONS = 3_000;
/** How often it is said at most, in milliseconds. */
const QUIET_MS = 60_000;

/** Closes connections over the limit as soon as they come, and says so in the log. */
export function limitConnections(server: Server, logger: Logger): void {
  server.maxConnections = MAX_CONNECTIONS;
  let saidAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    if (performance.now() - saidAt < QUIET_MS) return;
    saidAt = performance.now();
    logger.warn(`${MAX_CONNECTIONS} connections are open, which is the limit: others are closed at once`);
  });
}
