import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './files.ts';

const OWN_USER = `MONGODB_UID=${process.getuid?.()}\nMONGODB_GID=${process.getgid?.()}\n`;
const ROOT_USER = 'MONGO_ROOT_USERNAME=admin\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prepare-'));
  await mkdir(join(folder, 'docker'));
  await cp(join(ROOT, 'docker/prepare.sh'), join(folder, 'docker/prepare.sh'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the script with this `.env`. */
async function prepare(
  env: string,
  variables: NodeJS.ProcessEnv = {},
): Promise<{ status: number | null; output: string }> {
  await writeFile(join(folder, '.env'), OWN_USER + env);
  const { status, stdout, stderr } = spawnSync(join(folder, 'docker/prepare.sh'), {
    encoding: 'utf8',
    env: { ...process.env, ...variables },
  });
  return { status, output: stdout + stderr };
}
const secret = async (name: string): Promise<string> =>
  readFile(join(folder, 'docker/secrets', name), 'utf8');
const modeOf = async (path: string): Promise<number> => (await stat(join(folder, path))).mode & 0o777;

describe('docker/prepare.sh', () => {
  it('writes the secrets of .env, makes the others, and keeps them from other users of the machine', async () => {
    const { status, output } = await prepare(`${ROOT_USER}MONGO_ROOT_PASSWORD="p@ss: word 'x' %41$HOME"\n`);
    expect([status, output]).toEqual([0, expect.stringContaining('Ready')]);
    expect(await secret('mongo_root_password')).toBe("p@ss: word 'x' %41$HOME");
    expect(output).not.toContain('p@ss');
    const names = await readdir(join(folder, 'docker/secrets'));
    expect(names.length).toBe(10);
    const passwords = await Promise.all(names.filter((name) => name.endsWith('password')).map(secret));
    expect(new Set(passwords).size).toBe(4);
    expect(passwords.every((password) => password.length >= 12)).toBe(true);
    expect([await modeOf('docker/secrets'), await modeOf('docker/secrets/mongo_root_password')]).toEqual([
      0o700, 0o444,
    ]);
  });

  it('makes the data folders', async () => {
    await prepare(`${ROOT_USER}MONGO_ROOT_PASSWORD=a-password-of-mine\n`);
    for (const path of ['data/mongodb', 'backups', 'data/replica/mongodb3'])
      expect(await modeOf(path)).toBe(0o700);
  });

  it('keeps every secret the second time', async () => {
    await prepare(`${ROOT_USER}MONGO_ROOT_PASSWORD=a-password-of-mine\n`);
    const before = await secret('mongodb_password');
    const { status, output } = await prepare('');
    expect([status, output]).toEqual([0, expect.not.stringContaining('Wrote')]);
    expect(await secret('mongodb_password')).toBe(before);
  });

  it.each([
    ['no password', ROOT_USER, 'MONGO_ROOT_PASSWORD is missing'],
    ['no user', 'MONGO_ROOT_PASSWORD=a-password-of-mine\n', 'MONGO_ROOT_USERNAME is missing'],
    ['an empty password', `${ROOT_USER}MONGO_ROOT_PASSWORD=\n`, 'MONGO_ROOT_PASSWORD is missing'],
    [
      'the password of the example',
      `${ROOT_USER}MONGO_ROOT_PASSWORD=your-strong-password-here\n`,
      'of the example',
    ],
    ['a short password', `${ROOT_USER}MONGO_ROOT_PASSWORD=short\n`, 'under 12 characters'],
  ])('stops at %s, says what to do, and takes the right one after that', async (_, env, message) => {
    const { status, output } = await prepare(env);
    expect([status, output]).toEqual([78, expect.stringContaining(message)]);
    expect((await prepare(`${ROOT_USER}MONGO_ROOT_PASSWORD=a-password-of-mine\n`)).status).toBe(0);
  });

  it('stops when .env and the secret that is in use differ', async () => {
    await prepare(`${ROOT_USER}MONGO_ROOT_PASSWORD=a-password-of-mine\n`);
    const { status, output } = await prepare(`${ROOT_USER}MONGO_ROOT_PASSWORD=another-password\n`);
    expect([status, output]).toEqual([78, expect.stringContaining('differ')]);
    expect(await secret('mongo_root_password')).toBe('a-password-of-mine');
  });

  (process.getuid?.() === 0 ? it : it.skip)('gives the secrets to whoever used sudo', async () => {
    const asked = { SUDO_UID: '12345', SUDO_GID: '12346' };
    await prepare(`${ROOT_USER}MONGO_ROOT_PASSWORD=a-password-of-mine\n`, asked);
    expect(await stat(join(folder, 'docker/secrets/mongodb_password'))).toMatchObject({
      uid: 12_345,
      gid: 12_346,
    });
  });
});
