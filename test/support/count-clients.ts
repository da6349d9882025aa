import { readFile } from 'node:fs/promises';

/**
 * Connections of clients that are established, at the end of the service; `NaN` where the system does not tell, which is anywhere but on Linux.
 *
 * @param url - Of a service on an IPv4 address
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export async function countClients(url: string): Promise<number> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => undefined);
  if (table === undefined) return Number.NaN;
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const established = new RegExp(`: [0-9A-F]{8}:${port} [0-9A-F]{8}:[0-9A-F]{4} 01 `, 'g');
  return [...table.matchAll(established)].length;
}
