import { lookup, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import { failure, ok, warning, type Check } from '../check.ts';

const NEXT =
  'check the host name in MONGODB_URI or MONGODB_HOST; the name "mongodb" exists only inside the containers\' network';

/** Whether the names of the connection string have an address. */
export const dnsCheck: Check = {
  code: 'DNS',
  title: 'Host names',
  needs: ['CONFIG'],
  async run({ clientOptions, hosts }) {
    const { srvHost, srvServiceName } = clientOptions;
    if (srvHost !== undefined) {
      const records = await resolveSrv(`_${srvServiceName}._tcp.${srvHost}`).catch(() => []);
      return records.length > 0
        ? ok(`${records.length} servers in the SRV record`)
        : failure('The name of the mongodb+srv connection string has no SRV record', NEXT);
    }
    const names = hosts.map(({ host }) => host).filter((host) => isIP(host) === 0);
    if (names.length === 0) return ok('addresses, no names');
    const unknown = (await Promise.all(names.map(isKnown))).filter((known) => !known).length;
    if (unknown === 0) return ok();
    if (unknown === names.length) return failure('The name of the server cannot be resolved', NEXT);
    return warning(`${unknown} of ${names.length} names of servers cannot be resolved`, NEXT);
  },
};

async function isKnown(host: string): Promise<boolean> {
  return lookup(host).then(
    () => true,
    () => false,
  );
}
