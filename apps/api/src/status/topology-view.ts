import { DatabaseConnection } from '#database';
import { Injectable } from '@nestjs/common';
import type { mongo } from 'mongoose';

/** What the driver's monitors know of the servers, without their names. */
export interface Topology {
  /** Such as `Replica set`. */
  kind: string;
  /** Name of the replica set. */
  replicaSet: string | null;
  /** In a fixed order, so that the same number is the same server. */
  members: { number: number; role: string; isWritable: boolean }[];
}

const KINDS: Record<mongo.TopologyType, string> = {
  Single: 'One server',
  ReplicaSetWithPrimary: 'Replica set',
  ReplicaSetNoPrimary: 'Replica set',
  Sharded: 'Sharded cluster',
  LoadBalanced: 'Load balancer',
  Unknown: 'Not known',
};

const ROLES: Record<mongo.ServerType, string> = {
  Standalone: 'standalone',
  Mongos: 'mongos',
  PossiblePrimary: 'not reached',
  RSPrimary: 'primary',
  RSSecondary: 'secondary',
  RSArbiter: 'arbiter',
  RSOther: 'member without data to read',
  RSGhost: 'not in a replica set yet',
  Unknown: 'not reached',
  LoadBalancer: 'load balancer',
};

/** Keeps the description that the driver gives at each change. */
@Injectable()
export class TopologyView {
  private description: mongo.TopologyDescription | null = null;

  // Before anything connects, which begins when every provider has been made.
  constructor({ client }: DatabaseConnection) {
    client.on('topologyDescriptionChanged', ({ newDescription }) => (this.description = newDescription));
  }

  read(): Topology {
    const { description } = this;
    if (description === null) return { kind: KINDS.Unknown, replicaSet: null, members: [] };
    const servers = [...description.servers.values()];
    const sorted = servers.toSorted((a, b) => (a.address < b.address ? -1 : 1));
    const members = sorted.map(({ type, isWritable }, i) => ({
      number: i + 1,
      role: ROLES[type],
      isWritable,
    }));
    // The member of a set that is asked directly names its set, and the driver does not take the name over.
    const replicaSet = description.setName ?? sorted.find(({ setName }) => setName)?.setName ?? null;
    const isDirect = description.type === 'Single' && replicaSet !== null;
    return { kind: isDirect ? 'One member of replica set' : KINDS[description.type], replicaSet, members };
  }
}
