import * as http from 'node:http';
import * as https from 'node:https';
import { basename } from 'node:path';
import { fetchIntoCache, type DownloadContext } from './mongod-cache.ts';

/** Version that is downloaded: a patch release of the series that the containers run. */
export const MIRROR_VERSION = '8.0.17';

const MIRROR = 'https://fastdl.mongodb.org';
const REACHABLE_WITHIN_MS = 5_000;

/**
 * Downloads `mongod` with `mongodb-memory-server`, which knows the archive for each platform.
 * Of its settings the variables `MONGOMS_DOWNLOAD_MIRROR`, `MONGOMS_DOWNLOAD_URL` and `MONGOMS_RUNTIME_DOWNLOAD` count.
 *
 * @returns Path of the binary in the cache
 * @see https://typegoose.github.io/mongodb-memory-server/docs/api/config-options
 */
export async function downloadFromMirror({ cacheDir, env, log }: DownloadContext): Promise<string> {
  if (/^(0|false|off|no)$/i.test(env.MONGOMS_RUNTIME_DOWNLOAD ?? '')) {
    throw new Error('turned off by MONGOMS_RUNTIME_DOWNLOAD');
  }
  // The library waits up to a minute for each answer and tries three times: too long for a network that swallows packets.
  await assertReachable(new URL(env.MONGOMS_DOWNLOAD_URL || env.MONGOMS_DOWNLOAD_MIRROR || MIRROR), env);
  const { DryMongoBinary, MongoBinary } = await importLibrary();
  return fetchIntoCache(cacheDir, async (folder) => {
    log(`Downloading MongoDB ${MIRROR_VERSION}, about 80 MB, once, to ${cacheDir}`);
    // Complete options for `download()`: `getPath()` would first look for binaries in places of its own.
    const options = await DryMongoBinary.generateOptions({ version: MIRROR_VERSION });
    const download = { ...options, downloadDir: folder, systemBinary: '', checkMD5: true };
    // It remembers the path of an earlier download, in a folder that is gone.
    DryMongoBinary.binaryCache.delete(MIRROR_VERSION);
    const path = await verifyingCertificates(() => MongoBinary.download(download));
    // The checksum file beside it is what other projects' copies of the library look for.
    return [`${basename(path)}.md5`, basename(path)];
  });
}

type Library = Pick<typeof import('mongodb-memory-server-core'), 'DryMongoBinary' | 'MongoBinary'>;

/** Not a static import: the package is a development dependency, and slow to load. */
async function importLibrary(): Promise<Library> {
  try {
    return await import('mongodb-memory-server-core');
  } catch (error) {
    throw new Error('mongodb-memory-server-core is not installed', { cause: error });
  }
}

/** The library checks TLS certificates only when npm's own `strict-ssl` setting is in the environment as `true`. */
async function verifyingCertificates<T>(run: () => Promise<T>): Promise<T> {
  const before = process.env.npm_config_strict_ssl;
  process.env.npm_config_strict_ssl = before ?? 'true';
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env.npm_config_strict_ssl;
  }
}

/** Any HTTP answer counts; only silence, a refusal or an unknown name do not. */
async function assertReachable(url: URL, env: NodeJS.ProcessEnv): Promise<void> {
  const { Agent, request } = url.protocol === 'https:' ? https : http;
  const agent = new Agent({ proxyEnv: env });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const signal = AbortSignal.timeout(REACHABLE_WITHIN_MS);
  const probe = request(url, { method: 'HEAD', agent, signal }, (response) => {
    response.resume();
    resolve();
  });
  probe.on('error', reject).end();
  try {
    await promise;
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    const reason = signal.aborted ? `no answer within ${REACHABLE_WITHIN_MS / 1_000} s` : cause;
    throw new Error(`${url.host} is not reachable (${reason})`, { cause: error });
  } finally {
    probe.destroy();
    agent.destroy();
  }
}
