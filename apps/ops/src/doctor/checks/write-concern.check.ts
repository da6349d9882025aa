import type { mongo } from 'mongoose';
import { failure, ok, warning, type Check } from '../check.ts';

/** Whether a write that was acknowledged survives the loss of a server. */
export const writeConcernCheck: Check = {
  code: 'WRITE_CONCERN',
  title: 'Write concern',
  needs: ['AUTHORISATION'],
  async run(context) {
    const { client } = await context.connect();
    const { w, journal } = client.writeConcern ?? {};
    if (w !== 'majority' || journal !== true) {
      return failure('Writes are acknowledged before they are safe', 'take w and journal out of MONGODB_URI');
    }
    const { setName } = await context.hello();
    if (setName === undefined) return ok('journalled');
    const status = await context.replicaSetStatus();
    const { writeMajorityCount = 0 } = status as { writeMajorityCount?: number };
    const writing = ((status.members ?? []) as mongo.Document[]).filter(({ stateStr }) =>
      ['PRIMARY', 'SECONDARY'].includes(stateStr),
    );
    if (writing.length < writeMajorityCount) {
      return failure(
        `Writes cannot be confirmed by a majority: it takes ${writeMajorityCount} members with data, and ${writing.length} are up`,
        'bring the members back that are down; rs.status() names them',
      );
    }
    const arbiters = ((status.members ?? []) as mongo.Document[]).filter(
      ({ stateStr }) => stateStr === 'ARBITER',
    );
    return arbiters.length > 0 && writing.length === writeMajorityCount
      ? warning(
          'With one more member down no write can be confirmed, as an arbiter stores nothing',
          'put a member with data in place of the arbiter',
        )
      : ok('majority, journalled');
  },
};
