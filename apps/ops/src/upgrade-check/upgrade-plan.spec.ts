import type { UpgradeFacts } from './read-facts.ts';
import { planUpgrade } from './upgrade-plan.ts';

const healthy: UpgradeFacts = {
  version: '7.0.14',
  featureCompatibilityVersion: '7.0',
  targetVersion: null,
  topology: 'replica-set',
  members: [{ state: 'PRIMARY' }, { state: 'SECONDARY' }, { state: 'SECONDARY' }],
  storageEngine: 'wiredTiger',
  indexes: [],
};
const index = { collection: 'places', name: 'at', key: { at: 1 } };

describe(planUpgrade, () => {
  it.each([
    ['4.2.25', '4.4'],
    ['4.4.29', '5.0'],
    ['5.0.31', '6.0'],
    ['6.0.5', '7.0'],
    ['7.0.14', '8.0'],
    ['8.0.4', null],
    ['8.2.1', null],
  ])('goes from %s to %s, one major at a time', (version, next) => {
    const plan = planUpgrade({ ...healthy, version, featureCompatibilityVersion: version.slice(0, 3) });
    expect(plan).toMatchObject({ next, blockers: [] });
    expect(plan.steps.length > 0).toBe(next !== null);
  });

  it.each(['5.1.0', '5.2.1', '5.3.2', '6.1.1', '6.3.2', '7.1.0', '7.2.2', '7.3.4', '8.2.1'])(
    'names no next version of the minor release %s, and sends to its release notes',
    (version) => {
      const plan = planUpgrade({ ...healthy, version, featureCompatibilityVersion: version.slice(0, 3) });
      expect(plan).toMatchObject({ next: null, steps: [], blockers: [] });
      expect(plan.notes.join('\n')).toContain(`${version.slice(0, 3)} is a minor release`);
    },
  );

  it.each([
    ['FCV_BEHIND', { featureCompatibilityVersion: '6.0' }],
    ['FCV_CHANGING', { featureCompatibilityVersion: '6.0', targetVersion: '7.0' }],
    ['MEMBERS', { members: [{ state: 'PRIMARY' }, { state: '(not reachable/healthy)' }] }],
    ['STORAGE_ENGINE', { storageEngine: 'inMemory' }],
    ['TTL_NAN', { indexes: [{ ...index, expireAfterSeconds: Number.NaN }] }],
    [
      'GEO_HAYSTACK',
      {
        version: '4.4.1',
        featureCompatibilityVersion: '4.4',
        indexes: [{ ...index, key: { at: 'geoHaystack' } }],
      },
    ],
  ])('is blocked by %s', (code, facts) => {
    const { blockers } = planUpgrade({ ...healthy, ...facts });
    expect(blockers).toEqual([{ code, cause: expect.any(String), next: expect.any(String) }]);
  });

  it('upgrades the members of a set one by one, and the only one at once', () => {
    const text = (facts: UpgradeFacts) => planUpgrade(facts).steps.join('\n');
    expect(text(healthy)).toMatch(/each secondary[\s\S]*rs\.stepDown\(\)[\s\S]*former primary/);
    expect(text({ ...healthy, members: [{ state: 'PRIMARY' }] })).toMatch(/docker compose stop mongodb/);
    expect(text({ ...healthy, topology: 'sharded', members: null })).toMatch(
      /stopBalancer[\s\S]*config servers[\s\S]*shard[\s\S]*mongos/,
    );
  });

  it('says that there may be more than this user sees', () => {
    const { notes } = planUpgrade({ ...healthy, featureCompatibilityVersion: null, members: null });
    expect(notes.join('\n')).toContain('clusterMonitor');
  });

  it('confirms the new format as that version wants it', () => {
    const steps = (version: string) =>
      planUpgrade({ ...healthy, version, featureCompatibilityVersion: version }).steps.join('\n');
    expect(steps('5.0')).toContain('{ setFeatureCompatibilityVersion: "6.0" }');
    expect(steps('7.0')).toContain('{ setFeatureCompatibilityVersion: "8.0", confirm: true }');
  });
});
