import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { mongo } from 'mongoose';
import { failure, ok, warning, type Check, type Finding } from '../check.ts';
import { REACH_TIMEOUT_MS } from '../doctor-context.ts';

const DAY_MS = 86_400_000;
/** A certificate that ends sooner is worth a warning. */
const SOON_DAYS = 21;

/** Whether the connection is encrypted, and to whom. */
export const tlsCheck: Check = {
  code: 'TLS',
  title: 'Encryption',
  needs: ['TCP'],
  async run({ clientOptions, configuration, hosts, isLocal }) {
    if (!clientOptions.tls) {
      return isLocal || configuration.server.environment !== 'production'
        ? ok('not used')
        : warning(
            'The connection to another machine is not encrypted',
            'turn TLS on at the server and add tls=true to MONGODB_URI, unless the network is closed to others',
          );
    }
    const [first] = hosts;
    if (first === undefined) return ok('left to the driver');
    try {
      const socket = await handshake(first.host, first.port, clientOptions);
      const finding = judge(socket, clientOptions);
      socket.destroy();
      return finding;
    } catch (error) {
      const isFile =
        Error.isError(error) && 'code' in error && ['ENOENT', 'EACCES'].includes(String(error.code));
      return isFile
        ? failure(
            'The file of tlsCAFile or tlsCertificateKeyFile cannot be read',
            'check its path and its permissions',
          )
        : failure(
            'No secure connection could be made: the server does not speak TLS, or refuses the certificate of this client',
            'check that the server has tlsMode requireTLS or preferTLS, and tlsCertificateKeyFile of the connection string',
          );
    }
  },
};

async function handshake(host: string, port: number, options: mongo.MongoOptions): Promise<TLSSocket> {
  const { tlsCAFile, tlsCertificateKeyFile, passphrase } = options;
  const ca = tlsCAFile === undefined ? undefined : await readFile(tlsCAFile);
  const key = tlsCertificateKeyFile === undefined ? undefined : await readFile(tlsCertificateKeyFile);
  const socket = connect({
    host,
    port,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca && { ca }),
    ...(key && { key, cert: key }),
    ...(passphrase !== undefined && { passphrase }),
    // What is wrong with the certificate is looked at below.
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(REACH_TIMEOUT_MS) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function judge(socket: TLSSocket, { rejectUnauthorized, checkServerIdentity }: mongo.MongoOptions): Finding {
  const { valid_to: until } = socket.getPeerCertificate();
  const days = Math.floor((Date.parse(until) - Date.now()) / DAY_MS);
  const problem = problemOf(socket);
  if (problem !== null) {
    const isIgnored =
      rejectUnauthorized === false || (problem === 'name' && checkServerIdentity !== undefined);
    const text = problem === 'name' ? 'is for another host name' : 'is not trusted';
    const next = 'give the authority by tlsCAFile and use the host name of the certificate';
    return isIgnored
      ? warning(`The certificate of the server ${text}, and the connection string says to ignore that`, next)
      : failure(`The certificate of the server ${text}`, next);
  }
  return days < SOON_DAYS
    ? warning(`The certificate of the server ends in ${days} days`, 'renew it before it ends')
    : ok(`${socket.getProtocol()}, certificate valid for ${days} days`);
}

function problemOf({ authorized, authorizationError }: TLSSocket): 'name' | 'trust' | null {
  if (authorized) return null;
  // Typed as an error, and the code of one in truth.
  return String(authorizationError).includes('ALTNAME') ? 'name' : 'trust';
}
