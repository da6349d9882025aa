import { NotPermittedError, toDatabaseError } from '#database';
import type { mongo } from 'mongoose';

export type Topology = 'standalone' | 'replica-set' | 'sharded';

/** What decides whether and how a server can be upgraded. */
export interface UpgradeFacts {
  version: string;
  /** `null` for a user who may not see it. */
  featureCompatibilityVersion: string | null;
  /** A change of it that was begun and has not ended. */
  targetVersion: string | null;
  topology: Topology;
  /** Of a replica set: what each member is. `null` for a user who may not see it. */
  members: { state: string }[] | null;
  /** `wiredTiger`; `null` for a user who may not see it. */
  storageEngine: string | null;
  /** Of the configured database. */
  indexes: IndexFact[];
}

export interface IndexFact {
  collection: string;
  name: string;
  key: Record<string, unknown>;
  expireAfterSeconds?: unknown;
}

/** Reads only. @throws {@link DatabaseError} */
export async function readFacts(db: mongo.Db): Promise<UpgradeFacts> {
  const admin = async (command: mongo.Document): Promise<mongo.Document> =>
    db.client.db('admin').command(command);
  try {
    const [{ version }, hello] = await Promise.all([admin({ buildInfo: 1 }), admin({ hello: 1 })]);
    const topology = topologyOf(hello);
    const [parameter, status, server, indexes] = await Promise.all([
      admin({ getParameter: 1, featureCompatibilityVersion: 1 }).catch(ifUnknown),
      topology === 'replica-set' ? admin({ replSetGetStatus: 1 }).catch(ifNotPermitted) : null,
      admin({ serverStatus: 1 }).catch(ifNotPermitted),
      readIndexes(db),
    ]);
    const { version: fcv, targetVersion } = (parameter?.featureCompatibilityVersion ?? {}) as Record<
      string,
      unknown
    >;
    return {
      version: String(version),
      featureCompatibilityVersion: typeof fcv === 'string' ? fcv : null,
      targetVersion: typeof targetVersion === 'string' ? targetVersion : null,
      topology,
      members: status
        ? (status.members as mongo.Document[]).map(({ stateStr }) => ({ state: String(stateStr) }))
        : null,
      storageEngine: server ? String(server.storageEngine?.name) : null,
      indexes,
    };
  } catch (error) {
    throw toDatabaseError(error);
  }
}

function topologyOf({ msg, setName }: mongo.Document): Topology {
  if (msg === 'isdbgrid') return 'sharded';
  return setName === undefined ? 'standalone' : 'replica-set';
}

async function readIndexes(db: mongo.Db): Promise<IndexFact[]> {
  const collections = await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
  // Those of the server, which a user may list and not look into.
  const own = collections.filter(({ name }) => !name.startsWith('system.'));
  const lists = own.map(async ({ name: collection }) => {
    const indexes = await db.collection(collection).listIndexes().toArray();
    return indexes.map(({ name, key, expireAfterSeconds }) => ({
      collection,
      name: String(name),
      key: key as Record<string, unknown>,
      ...(expireAfterSeconds !== undefined && { expireAfterSeconds: expireAfterSeconds as unknown }),
    }));
  });
  return (await Promise.all(lists)).flat();
}

/** A mongos has no such version: each shard has its own. */
function ifUnknown(error: unknown): null {
  if ((error as { codeName?: unknown }).codeName === 'InvalidOptions') return null;
  return ifNotPermitted(error);
}

function ifNotPermitted(error: unknown): null {
  if (toDatabaseError(error) instanceof NotPermittedError) return null;
  throw error;
}
