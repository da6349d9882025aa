import { once } from 'node:events';
import { connect } from 'node:net';
import { failure, ok, warning, type Check } from '../check.ts';
import { REACH_TIMEOUT_MS, type HostAddress } from '../doctor-context.ts';

const START =
  'start MongoDB ("docker compose up -d mongodb" with containers, "npm start" brings one in development); ' +
  'if it does not stay up, "docker compose logs mongodb" says why';
const REACH = 'check the address in MONGODB_URI or MONGODB_HOST, the network and the firewall';

/** Whether something listens where the connection string points to. */
export const tcpCheck: Check = {
  code: 'TCP',
  title: 'Network connection',
  needs: ['DNS'],
  async run({ clientOptions, hosts, signal }) {
    if (clientOptions.srvHost !== undefined)
      return ok('left to the driver, which knows the hosts of the SRV record');
    const errors = await Promise.all(hosts.map((host) => reach(host, signal)));
    const failed = errors.filter((error) => error !== null);
    if (failed.length === 0) return ok(hosts.length === 1 ? undefined : `${hosts.length} hosts`);
    const isRefused = failed.includes('ECONNREFUSED');
    if (failed.length < hosts.length) {
      return warning(
        `${failed.length} of ${hosts.length} servers cannot be reached`,
        isRefused ? START : REACH,
      );
    }
    return isRefused
      ? failure('MongoDB connection failed: nothing listens at the address of the server', START)
      : failure('MongoDB connection failed: the server cannot be reached', REACH);
  },
};

/** @returns The code of the error; `null` when it can be reached */
async function reach({ host, port }: HostAddress, signal: AbortSignal): Promise<string | null> {
  const socket = connect({ host, port });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(REACH_TIMEOUT_MS)]);
  try {
    await once(socket, 'connect', { signal: limit });
    return null;
  } catch (error) {
    return Error.isError(error) && 'code' in error ? String(error.code) : 'UNKNOWN';
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
