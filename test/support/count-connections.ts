import { readFile } from 'node:fs/promises';

/**
 * Connections that are established at a port of this machine, on addresses of IPv4; `NaN` where the system does not tell, which is anywhere
 * but on Linux.
 *
 * @param port - Of the service
 * @param clientPort - Of one client; any unless given
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export async function countConnections(port: number, clientPort?: number): Promise<number> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => undefined);
  if (table === undefined) return Number.NaN;
  const client = clientPort === undefined ? '[0-9A-F]{4}' : hex(clientPort);
  const established = new RegExp(`: [0-9A-F]{8}:${hex(port)} [0-9A-F]{8}:${client} 01 `, 'g');
  return [...table.matchAll(established)].length;
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
