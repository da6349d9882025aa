import { DatabaseUnavailableError, NotPermittedError } from '#database';
import type { mongo } from 'mongoose';
import { failure, ok, warning, type Check, type Finding } from '../check.ts';

const STANDALONE = 'standalone: no transactions, change streams and point-in-time backups';
const RS_STATUS = 'see which with rs.status() in mongosh, and start them or mend their network';

/** What kind of deployment it is, and whether it has a primary and all its members. */
export const topologyCheck: Check = {
  code: 'TOPOLOGY',
  title: 'Topology and primary',
  needs: ['AUTHENTICATION'],
  async run(context) {
    try {
      await context.connect();
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError) || error.reason !== 'no-primary') throw error;
      const { replicaSet } = context.clientOptions;
      return failure(
        'No writable primary is available',
        replicaSet === undefined
          ? 'wait for the election; if it lasts, see which members are down with rs.status(), and whether rs.initiate() was ever run'
          : 'wait for the election; if it lasts, see rs.status(), and whether replicaSet in MONGODB_URI is the name of the set',
      );
    }
    const hello = await context.hello();
    if (hello.msg === 'isdbgrid') return ok('sharded cluster');
    if (hello.setName === undefined) return ok(STANDALONE);
    if (hello.isWritablePrimary !== true && hello.primary === undefined) {
      return failure('The replica set has no primary', RS_STATUS);
    }
    return judgeMembers(hello, await context.replicaSetStatus().catch(ifNotPermitted));
  },
};

function judgeMembers(hello: mongo.Document, status: mongo.Document | null): Finding {
  const count = ((hello.hosts ?? []) as unknown[]).length + ((hello.arbiters ?? []) as unknown[]).length;
  if (status === null) return ok(`replica set with ${count} members, whose health this user may not see`);
  const members = (status.members ?? []) as { stateStr: string }[];
  const isWell = ({ stateStr }: { stateStr: string }) =>
    ['PRIMARY', 'SECONDARY', 'ARBITER'].includes(stateStr);
  const unwell = members.filter((member) => !isWell(member)).length;
  if (unwell > 0)
    return warning(`${unwell} of ${members.length} members of the replica set are not healthy`, RS_STATUS);
  return ok(
    members.length === 1
      ? 'replica set with one member'
      : `replica set with ${members.length} healthy members`,
  );
}

function ifNotPermitted(error: unknown): null {
  if (error instanceof NotPermittedError) return null;
  throw error;
}
