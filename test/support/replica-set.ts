import { mongo } from 'mongoose';
import { withAdmin } from '../../apps/api/src/embedded/mongod-admin.ts';
import { MongodServer } from './mongod-server.ts';
import { waitUntil } from './wait-until.ts';

export interface ReplicaSetOptions {
  /** How long the others wait for a primary that has gone before they elect another; MongoDB's default is ten times as much. */
  electionTimeoutMillis?: number;
}

const SET_NAME = 'members';
const ELECTION_TIMEOUT_MS = 1_000;

/** A replica set of real `mongod` processes, each to be killed, paused and started again. It ends with the test process. */
export class ReplicaSet {
  readonly members: readonly MongodServer[];

  private constructor(members: readonly MongodServer[]) {
    this.members = members;
  }

  /** Starts that many members on empty data folders, and waits until one leads and the others follow. */
  static async start(
    memberCount: number,
    { electionTimeoutMillis = ELECTION_TIMEOUT_MS }: ReplicaSetOptions = {},
  ): Promise<ReplicaSet> {
    const starts = await Promise.allSettled(Array.from({ length: memberCount }, startMember));
    const members = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    const set = new ReplicaSet(members);
    try {
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      await set.#initiate(electionTimeoutMillis);
    } catch (error) {
      await set.stop();
      throw error;
    }
    return set;
  }

  /** Connection string that names every member. */
  uri(database = ''): string {
    const hosts = this.members.map(hostOf).join(',');
    return `mongodb://${hosts}/${database}?replicaSet=${SET_NAME}`;
  }

  /**
   * The member that takes writes, once there is one.
   *
   * @throws {Error} When none is elected within 30 s
   */
  async primary(): Promise<MongodServer> {
    let found: MongodServer | undefined;
    const isThere = await waitUntil(async () => {
      const roles = await Promise.all(this.members.map(roleOf));
      // One that was cut off may take itself for the primary a little longer: the others know it better.
      found = this.members.find((_member, index) => roles[index]?.isPrimary);
      const leader = found && hostOf(found);
      return (
        found !== undefined &&
        roles.every(({ primary, isRunning }) => !isRunning || primary === undefined || primary === leader)
      );
    });
    if (!isThere || found === undefined) throw new Error('The replica set has no primary');
    return found;
  }

  /** The members that follow. */
  async secondaries(): Promise<MongodServer[]> {
    const primary = await this.primary();
    return this.members.filter((member) => member !== primary);
  }

  /** Crash of one member: SIGKILL. */
  async kill(member: MongodServer): Promise<void> {
    await member.kill();
  }

  /** Starts a member again on its data, and waits until it follows or leads. */
  async restart(member: MongodServer): Promise<void> {
    await member.restart();
    if (!(await waitUntil(async () => (await roleOf(member)).isReady))) {
      throw new Error('The member did not join the replica set again');
    }
  }

  /**
   * Makes the primary hand over, and waits until another one leads.
   *
   * @param forSeconds - How long it may not be elected again
   */
  async stepDown(forSeconds = 10): Promise<MongodServer> {
    const primary = await this.primary();
    await primary.command({ replSetStepDown: forSeconds, secondaryCatchUpPeriodSecs: 5, force: true });
    return this.primary();
  }

  /** Ends all members, paused or not, and removes their data. */
  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }

  async #initiate(electionTimeoutMillis: number): Promise<void> {
    const [first] = this.members;
    if (first === undefined) throw new RangeError('A replica set has at least one member');
    const members = this.members.map((member, index) => ({ _id: index, host: hostOf(member) }));
    // With the default of 2 s between heartbeats nobody would notice so early that the primary has gone.
    const settings = { electionTimeoutMillis, heartbeatIntervalMillis: Math.ceil(electionTimeoutMillis / 4) };
    await first.command({ replSetInitiate: { _id: SET_NAME, members, settings } });
    await this.primary();
    const isComplete = await waitUntil(async () => {
      const roles = await Promise.all(this.members.map(roleOf));
      return roles.every(({ isReady }) => isReady);
    });
    if (!isComplete) throw new Error('Not every member has joined the replica set');
  }
}

async function startMember(): Promise<MongodServer> {
  return MongodServer.start({ args: [`--replSet=${SET_NAME}`, '--oplogSize=64'] });
}

function hostOf({ port }: MongodServer): string {
  return `127.0.0.1:${port}`;
}

interface Role {
  isRunning: boolean;
  /** Whether it leads or follows. */
  isReady: boolean;
  isPrimary: boolean;
  /** Host of the member that it takes for the primary. */
  primary: string | undefined;
}

async function roleOf(member: MongodServer): Promise<Role> {
  if (!member.isRunning) return { isRunning: false, isReady: false, isPrimary: false, primary: undefined };
  try {
    const hello = await withAdmin(member.port, (admin) => admin.command({ hello: 1 }), { timeoutMs: 1_000 });
    const isPrimary = hello.isWritablePrimary === true;
    const primary = typeof hello.primary === 'string' ? hello.primary : undefined;
    return { isRunning: true, isReady: isPrimary || hello.secondary === true, isPrimary, primary };
  } catch (error) {
    // Paused, or on its way up.
    if (!(error instanceof mongo.MongoError)) throw error;
    return { isRunning: true, isReady: false, isPrimary: false, primary: undefined };
  }
}
