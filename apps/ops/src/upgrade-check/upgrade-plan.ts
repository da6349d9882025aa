import type { UpgradeFacts } from './read-facts.ts';
import { isMinorRelease, nextMajor, seriesName, seriesOf } from './versions.ts';

/** What has to be mended before the upgrade. */
export interface Blocker {
  /** Stable. */
  code: 'FCV_BEHIND' | 'FCV_CHANGING' | 'MEMBERS' | 'STORAGE_ENGINE' | 'GEO_HAYSTACK' | 'TTL_NAN';
  cause: string;
  next: string;
}

export interface UpgradePlan {
  version: string;
  featureCompatibilityVersion: string | null;
  topology: UpgradeFacts['topology'];
  /** The only version to which an upgrade may go now; `null` when none is known. */
  next: string | null;
  blockers: Blocker[];
  /** What nobody can see from here, or what changes with the version. */
  notes: string[];
  /** In their order. */
  steps: string[];
}

/** What a version does otherwise than the one before it. */
const CHANGES: Record<string, readonly string[]> = {
  '5.0': ['5.0 needs a processor with AVX (x86-64) or ARMv8.2-A: "grep -c avx /proc/cpuinfo" must not be 0'],
  '7.0': [
    'setFeatureCompatibilityVersion takes confirm: true from 7.0 on',
    'From 7.0 on the binary cannot be downgraded without help from MongoDB: the way back is the backup',
  ],
  '8.0': [
    'A query for null no longer finds fields of the old type undefined: { field: { $type: "undefined" } } finds them',
    'The binary cannot be downgraded without help from MongoDB: the way back is the backup',
  ],
};

/** What stands in the way of the next version, and the steps to it. Pure: it only judges {@link UpgradeFacts}. */
export function planUpgrade(facts: UpgradeFacts): UpgradePlan {
  const { version, featureCompatibilityVersion, topology } = facts;
  const next = nextMajor(version);
  const base = { version, featureCompatibilityVersion, topology, next };
  const blockers = [...fcvBlockers(facts), ...stateBlockers(facts), ...indexBlockers(facts, next)];
  if (next === null) {
    const known = isMinorRelease(version)
      ? `${seriesName(version)} is a minor release, which goes to the next one of its series, or from the last of them to the next major: read its release notes`
      : `${seriesName(version)} is the newest major release that this command knows: read the release notes for what came after it`;
    return { ...base, blockers, notes: [known, ...unseen(facts)], steps: [] };
  }
  return {
    ...base,
    blockers,
    notes: [...(CHANGES[next] ?? []), ...unseen(facts)],
    steps: stepsTo(next, facts),
  };
}

function fcvBlockers({ version, featureCompatibilityVersion: fcv, targetVersion }: UpgradeFacts): Blocker[] {
  const command = setFcv(seriesName(version));
  if (targetVersion !== null) {
    return [
      {
        code: 'FCV_CHANGING',
        cause: `A change of the feature compatibility version to ${targetVersion} was begun and has not ended`,
        next: `run ${setFcv(targetVersion)} again until it succeeds`,
      },
    ];
  }
  if (fcv === null || seriesOf(fcv) === seriesOf(version)) return [];
  return [
    {
      code: 'FCV_BEHIND',
      cause: `The last upgrade is not finished: the data are in the format of ${fcv}, and the next version would not start on them`,
      next: `run ${command}`,
    },
  ];
}

function stateBlockers({ members, storageEngine }: UpgradeFacts): Blocker[] {
  const unwell = (members ?? []).filter(({ state }) => !['PRIMARY', 'SECONDARY', 'ARBITER'].includes(state));
  const blockers: Blocker[] = [];
  if (unwell.length > 0) {
    blockers.push({
      code: 'MEMBERS',
      cause: `${unwell.length} of ${members?.length ?? 0} members are not healthy, and one at a time will be down`,
      next: 'bring them back first; rs.status() names them',
    });
  }
  if (storageEngine !== null && storageEngine !== 'wiredTiger') {
    blockers.push({
      code: 'STORAGE_ENGINE',
      cause: `The storage engine ${storageEngine} cannot be taken to the next version`,
      next: 'back up, start an empty server with wiredTiger, and restore',
    });
  }
  return blockers;
}

function indexBlockers({ version, indexes }: UpgradeFacts, next: string | null): Blocker[] {
  const named = (found: UpgradeFacts['indexes']) =>
    found.map(({ collection, name }) => `${collection}.${name}`).join(', ');
  const haystack = indexes.filter(({ key }) => Object.values(key).includes('geoHaystack'));
  const lasting = indexes.filter(({ expireAfterSeconds }) => Number.isNaN(expireAfterSeconds));
  const blockers: Blocker[] = [];
  if (haystack.length > 0 && seriesOf(version) < seriesOf('5.0')) {
    blockers.push({
      code: 'GEO_HAYSTACK',
      cause: `5.0 does not know geoHaystack indexes: ${named(haystack)}`,
      next: 'drop them, and make 2d or 2dsphere indexes in their place',
    });
  }
  if (lasting.length > 0 && next !== null) {
    blockers.push({
      code: 'TTL_NAN',
      cause: `The life time of these indexes is NaN, which another version may take as "now": ${named(lasting)}`,
      next: 'set expireAfterSeconds with collMod, or drop them',
    });
  }
  return blockers;
}

function unseen({ featureCompatibilityVersion, topology, members, storageEngine }: UpgradeFacts): string[] {
  const isUnseen =
    featureCompatibilityVersion === null ||
    storageEngine === null ||
    (topology === 'replica-set' && members === null);
  return [
    ...(isUnseen
      ? ['This user may not see everything that can stand in the way; the role clusterMonitor on admin may']
      : []),
    ...(topology === 'sharded'
      ? ['Only this mongos was asked: check each shard and the config servers as well']
      : []),
  ];
}

function stepsTo(next: string, { topology, members }: UpgradeFacts): string[] {
  // Nobody takes over from the only member of a set.
  const kind = members?.length === 1 ? 'standalone' : topology;
  const before = [
    `Try the application with ${next} on a copy of the data, and read https://www.mongodb.com/docs/manual/release-notes/${next}-compatibility/`,
    'Back up and prove it: ops backup create, then ops backup verify --drill on the new backup',
  ];
  const after = [
    'Look: ops doctor, and the log of the server ("docker compose logs -f mongodb")',
    'Wait some days: until the next step nothing is stored in the new format',
    `Finish: ${setFcv(next)}`,
    'Look again: ops upgrade-check',
  ];
  return [...before, ...SWITCH[kind](next), ...after];
}

const SWITCH: Record<UpgradeFacts['topology'], (next: string) => string[]> = {
  standalone: (next) => [
    'Stop cleanly: docker compose stop mongodb (elsewhere db.adminCommand({ shutdown: 1 }))',
    `Change the image of the service mongodb in the compose file to the newest release mongo:${next}.x`,
    'Start: docker compose up -d mongodb',
  ],
  'replica-set': (next) => [
    `On each secondary, one after the other: stop it, change its version to the newest ${next}.x, start it, and wait until rs.status() shows SECONDARY`,
    'On the primary: rs.stepDown(), and wait until another member is PRIMARY',
    `On the former primary: stop it, change its version to ${next}.x, start it`,
  ],
  sharded: (next) => [
    'Stop the balancer: sh.stopBalancer()',
    `Upgrade the config servers to ${next}.x as a replica set: secondaries one by one, then step down, then the former primary`,
    `Upgrade each shard to ${next}.x in the same way`,
    `Upgrade each mongos to ${next}.x`,
    'Start the balancer: sh.startBalancer()',
  ],
};

/** As one types it into mongosh. */
function setFcv(version: string): string {
  const confirm = seriesOf(version) >= seriesOf('7.0') ? ', confirm: true' : '';
  return `db.adminCommand({ setFeatureCompatibilityVersion: "${version}"${confirm} })`;
}
