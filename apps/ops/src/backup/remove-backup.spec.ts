import { existsSync, watch } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../../test/support/wait-until.ts';
import { MANIFEST_FILE, OWNER_FILE, UNFINISHED } from './manifest.ts';
import { removeBackup } from './remove-backup.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'ops-test-'));
});
afterEach(async () => rm(parent, { recursive: true }));

describe(removeBackup.name, () => {
  it('removes the data first and the owner last, so that a kill makes no dump of a backup', async () => {
    const folder = join(parent, '.a.partial');
    await mkdir(join(folder, 'data'), { recursive: true });
    for (const path of [MANIFEST_FILE, OWNER_FILE, 'shop.archive', 'data/a.bson', 'proof.json'])
      await writeFile(join(folder, path), UNFINISHED);
    const removed: string[] = [];
    const watcher = watch(folder, (_, name) => void (name !== null && removed.push(name)));
    try {
      await removeBackup(folder);
      // The system tells of each in turn.
      expect(await waitUntil(() => removed.includes(OWNER_FILE))).toBe(true);
    } finally {
      watcher.close();
    }
    const order = [...new Set(removed)];
    expect(order.slice(0, 3).toSorted()).toEqual(['data', 'proof.json', 'shop.archive']);
    expect(order.slice(3, 5)).toEqual([MANIFEST_FILE, OWNER_FILE]);
    expect(existsSync(folder)).toBe(false);
  });

  it('has nothing to do where there is nothing', async () => {
    await expect(removeBackup(join(parent, 'none'))).resolves.toBeUndefined();
  });
});
