import type { mongo } from 'mongoose';

/** What a backup records about the server it was made from. */
export interface ServerFacts {
  version: string;
  /** `null` where the user may not read it. */
  featureCompatibilityVersion: string | null;
  topology: 'standalone' | 'replica-set' | 'sharded';
  /** Whether a time series is stored under its own name, and not as a bucket collection behind a view. */
  hasRawTimeSeries: boolean;
}

const NOT_PERMITTED: readonly unknown[] = [13, 8_000];
const RAW_TIME_SERIES_SINCE = [8, 3];

/** Asks the server what it is. */
export async function readServerFacts(client: mongo.MongoClient, signal?: AbortSignal): Promise<ServerFacts> {
  const admin = client.db('admin');
  const options = { ...(signal && { signal }) };
  const hello = await admin.command({ hello: 1 }, options);
  const { version } = (await admin.command({ buildInfo: 1 }, options)) as unknown as { version: string };
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = RAW_TIME_SERIES_SINCE;
  return {
    version,
    featureCompatibilityVersion: await readFeatureVersion(admin, options),
    topology: topologyOf(hello),
    hasRawTimeSeries: major > sinceMajor || (major === sinceMajor && minor >= sinceMinor),
  };
}

function topologyOf(hello: mongo.Document): ServerFacts['topology'] {
  if (hello.msg === 'isdbgrid') return 'sharded';
  return typeof hello.setName === 'string' ? 'replica-set' : 'standalone';
}

async function readFeatureVersion(
  admin: mongo.Db,
  options: { signal?: AbortSignal },
): Promise<string | null> {
  try {
    const reply = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 }, options);
    const { version } = reply.featureCompatibilityVersion as { version?: unknown };
    return typeof version === 'string' ? version : null;
  } catch (error) {
    // The backup is as good without it; a mongos does not know it either.
    const { code, codeName } = error as { code?: unknown; codeName?: unknown };
    if (NOT_PERMITTED.includes(code) || codeName === 'InvalidOptions') return null;
    throw error;
  }
}
