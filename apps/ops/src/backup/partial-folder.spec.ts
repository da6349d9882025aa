import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MANIFEST_FILE, OWNER_FILE, UNFINISHED } from './manifest.ts';
import { listPartial, PartialFolder } from './partial-folder.ts';

/** No process has it. */
const DEAD = 2 ** 22 + 1;
const HOURS_AGO = new Date(Date.now() - 2 * 3_600_000);

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'ops-test-'));
});
afterEach(async () => rm(parent, { recursive: true }));

async function leave(name: string, pid: number | undefined, manifest: string): Promise<string> {
  const path = join(parent, name);
  await mkdir(path);
  if (pid !== undefined) await writeFile(join(path, OWNER_FILE), JSON.stringify({ host: hostname(), pid }));
  await writeFile(join(path, MANIFEST_FILE), manifest);
  return path;
}

describe(PartialFolder.name, () => {
  it('appears as what it is, and gets its name with nothing but what belongs to it', async () => {
    const folder = await PartialFolder.create(parent, 'a');
    expect(await readdir(parent)).toEqual(['.a.partial']);
    expect(await readFile(join(folder.path, MANIFEST_FILE), 'utf8')).toBe(UNFINISHED);
    expect(await folder.publish('{}')).toBe(join(parent, 'a'));
    expect(await readdir(parent)).toEqual(['a']);
    expect(await readdir(join(parent, 'a'))).toEqual([MANIFEST_FILE]);
  });

  it.each([UNFINISHED, '{"format":"complete"}'])(
    'takes the place of one whose process was killed at any moment, also the last: %s',
    async (manifest) => {
      await leave('.a.partial', DEAD, manifest);
      const folder = await PartialFolder.create(parent, 'a');
      expect(await readFile(join(folder.path, MANIFEST_FILE), 'utf8')).toBe(UNFINISHED);
      expect(await readdir(parent)).toEqual(['.a.partial']);
    },
  );

  it('removes what was killed before it had begun, when it is old, and nothing else', async () => {
    for (const name of ['.a.partial.Ab3_x9', '.env.backup']) {
      await mkdir(join(parent, name));
      await utimes(join(parent, name), HOURS_AGO, HOURS_AGO);
    }
    await leave('.b.partial.Ab3_x9', process.pid, UNFINISHED);
    await mkdir(join(parent, '.c.partial.Ab3_x9'));
    await PartialFolder.create(parent, 'd');
    expect((await readdir(parent)).toSorted()).toEqual(['.c.partial.Ab3_x9', '.d.partial', '.env.backup']);
  });

  it('removes nothing that is not its own, however old, and names what it has removed', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'ops-test-'));
    const files = {
      '.download.partial/film.mp4': 'x',
      '.notes.partial/manifest.json': '{ "name": "A page for telephones" }',
      '.theirs.partial/.owner.json': '{ "name": "Ada" }',
      '.file.partial': 'x',
      '.ours.partial/.owner.json': JSON.stringify({ host: 'another', pid: 1 }),
      '.marked.partial/manifest.json': UNFINISHED,
      '.begun.partial.Ab3_x9/.owner.json': '',
    };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(parent, path)), { recursive: true });
      await writeFile(join(parent, path), content);
    }
    await mkdir(join(parent, '.empty.partial'));
    await symlink(elsewhere, join(parent, '.link.partial'));
    for (const path of await readdir(parent, { recursive: true })) {
      if (!path.includes('.link.')) await utimes(join(parent, path), HOURS_AGO, HOURS_AGO);
    }
    await utimes(elsewhere, HOURS_AGO, HOURS_AGO);
    const removed: string[] = [];
    await PartialFolder.create(parent, 'a', (name) => removed.push(name));
    const gone = ['.begun.partial.Ab3_x9', '.empty.partial', '.marked.partial', '.ours.partial'];
    expect(removed.toSorted()).toEqual(gone);
    const stays = [
      '.download.partial',
      '.file.partial',
      '.link.partial',
      '.notes.partial',
      '.theirs.partial',
    ];
    expect((await readdir(parent)).toSorted()).toEqual(['.a.partial', ...stays]);
    expect(await listPartial(parent)).toEqual(['a']);
    await rm(elsewhere, { recursive: true });
  });

  it('leaves what somebody else has called as it would, and says that the name is taken', async () => {
    await mkdir(join(parent, '.a.partial'));
    await writeFile(join(parent, '.a.partial/film.mp4'), 'x');
    await writeFile(join(parent, '.b.partial'), 'x');
    for (const name of ['a', 'b']) {
      await expect(PartialFolder.create(parent, name)).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    }
    expect((await readdir(parent)).toSorted()).toEqual(['.a.partial', '.b.partial']);
  });

  it('removes what was killed in a container, of which only the time is known', async () => {
    const alive = await leave('.alive.partial', DEAD, UNFINISHED);
    const killed = await leave('.killed.partial', DEAD, UNFINISHED);
    for (const path of [alive, killed])
      await writeFile(join(path, OWNER_FILE), JSON.stringify({ host: 'another', pid: process.pid }));
    for (const path of [killed, ...(await readdir(killed)).map((name) => join(killed, name)), alive])
      await utimes(path, HOURS_AGO, HOURS_AGO);
    await PartialFolder.create(parent, 'a');
    expect((await readdir(parent)).toSorted()).toEqual(['.a.partial', '.alive.partial']);
  });

  it('refuses a name that is being written, and leaves that alone', async () => {
    const folder = await PartialFolder.create(parent, 'a');
    await expect(PartialFolder.create(parent, 'a')).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    expect(await readdir(parent)).toEqual(['.a.partial']);
    await folder.publish('{}');
    await expect(PartialFolder.create(parent, 'a')).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
  });
});
