import type { ServerFacts } from '../backup/server-facts.ts';
import type { Dump } from './dump.ts';
import { refuseNewerDump } from './preflight.ts';

function server(version: string, featureCompatibilityVersion: string | null): ServerFacts {
  return { version, featureCompatibilityVersion, topology: 'standalone', hasRawTimeSeries: false };
}

function dumpOf(serverVersion?: string, featureCompatibilityVersion?: string): Dump {
  return { serverVersion, featureCompatibilityVersion } as Dump;
}

describe(refuseNewerDump.name, () => {
  it.each([
    ['the same', server('8.0.4', '8.0'), dumpOf('8.0.17', '8.0')],
    ['an older one', server('8.0.4', '8.0'), dumpOf('7.0.28', '7.0')],
    ['a newer server that works as an older one', server('7.0.28', '7.0'), dumpOf('8.0.4', '7.0')],
    ['one that does not say', server('7.0.28', '7.0'), dumpOf()],
  ])('accepts %s', (_, facts, dump) => {
    expect(() => refuseNewerDump(facts, dump)).not.toThrow();
  });

  it.each([
    ['a newer release', server('7.0.28', '7.0'), dumpOf('8.0.4', '8.0')],
    ['a newer one than the server works as', server('8.0.4', '7.0'), dumpOf('8.0.4', '8.0')],
    ['a newer server without an FCV', server('7.0.28', null), dumpOf('7.3.0')],
    ['ten after nine', server('9.0.0', '9.0'), dumpOf('10.0.0')],
  ])('refuses %s', (_, facts, dump) => {
    expect(() => refuseNewerDump(facts, dump)).toThrow(/^The dump is of MongoDB/);
  });
});
