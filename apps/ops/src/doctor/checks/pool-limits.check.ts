import { formatCount } from '../../terminal/format.ts';
import { failure, ok, warning, type Check } from '../check.ts';

/** A single service that takes more leaves too little for a second one, for backups and for people. */
const SHARE = 0.8;

/** Whether the server takes as many connections as the service may open. */
export const poolLimitsCheck: Check = {
  code: 'POOL_LIMITS',
  title: 'Connections',
  needs: ['AUTHORISATION'],
  async run(context) {
    const { maxPoolSize } = context.configuration.database;
    const { connections } = await context.serverStatus();
    const [current, available] = [Number(connections?.current), Number(connections?.available)];
    const limit = current + available;
    const next =
      'lower MONGODB_MAX_POOL_SIZE, or raise net.maxIncomingConnections and the open files of the server';
    if (maxPoolSize > limit) {
      return failure(
        `A pool may open ${formatCount(maxPoolSize)} connections, and the server takes ${formatCount(limit)}`,
        next,
      );
    }
    if (maxPoolSize > limit * SHARE) {
      return warning(
        `One pool may open ${formatCount(maxPoolSize)} of the ${formatCount(limit)} connections of the server`,
        next,
      );
    }
    if (available < maxPoolSize) {
      return warning(
        `The server has ${formatCount(available)} connections left, fewer than one pool may open`,
        next,
      );
    }
    return ok(`${formatCount(current)} of ${formatCount(limit)} in use`);
  },
};
