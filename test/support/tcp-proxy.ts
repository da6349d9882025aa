import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to the connections through a proxy. */
export type ProxyMode =
  | { kind: 'forward' }
  /** Each answer of the server is held back this long, plus up to `jitterMs`; the order of the bytes is kept. */
  | { kind: 'latency'; ms: number; jitterMs?: number }
  /** Accepts connections and bytes and never answers. */
  | { kind: 'mute' }
  /** Resets a connection once this many bytes of the server have gone through it. */
  | { kind: 'reset'; afterBytes: number }
  /** Resets every connection at once. */
  | { kind: 'refuse' };

/** A TCP proxy on 127.0.0.1 in front of a server on 127.0.0.1, with the faults of a bad network. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #clients = new Set<Socket>();
  #mode: ProxyMode = { kind: 'forward' };
  #accepted = 0;

  private constructor(server: Server, port: number, targetPort: number) {
    this.#server = server;
    this.port = port;
    this.#targetPort = targetPort;
    server.on('connection', (client) => this.#accept(client));
  }

  /**
   * @param targetPort - Where connections are forwarded to
   * @param mode - Forwards unchanged when absent
   */
  static async start(targetPort: number, mode: ProxyMode = { kind: 'forward' }): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(0, '127.0.0.1', resolve),
    );
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port was assigned');
    const proxy = new TcpProxy(server, address.port, targetPort);
    proxy.setMode(mode);
    return proxy;
  }

  /** Connections open now. */
  get connections(): number {
    return this.#clients.size;
  }

  /** Connections accepted since the start. */
  get accepted(): number {
    return this.#accepted;
  }

  /** A connection string for this end, as `mongod` itself would have it; `directConnection` keeps the driver from going round it. */
  uri(database = ''): string {
    return `mongodb://127.0.0.1:${this.port}/${database}?directConnection=true`;
  }

  /** Changes what happens from now on, to open connections too; `refuse` resets them. */
  setMode(mode: ProxyMode): void {
    this.#mode = mode;
    if (mode.kind === 'refuse') this.resetConnections();
  }

  /** Resets every open connection. */
  resetConnections(): void {
    for (const client of this.#clients) client.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.resetConnections();
    await closed;
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    client.setNoDelay(true).on('error', () => {});
    if (this.#mode.kind === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    this.#clients.add(client);
    const upstream = connect({ host: '127.0.0.1', port: this.#targetPort, noDelay: true });
    client.on('data', (chunk) => {
      if (this.#mode.kind !== 'mute') upstream.write(chunk);
    });
    client.on('close', () => {
      this.#clients.delete(client);
      upstream.destroy();
    });
    this.#forwardAnswers(upstream, client);
  }

  #forwardAnswers(upstream: Socket, client: Socket): void {
    let sentBytes = 0;
    // What is held back is sent one after the other, so nothing overtakes.
    let held: Promise<unknown> = Promise.resolve();
    upstream.on('data', (chunk) => {
      const mode = this.#mode;
      if (mode.kind === 'mute') return;
      if (mode.kind === 'latency') {
        const delayMs = mode.ms + Math.random() * (mode.jitterMs ?? 0);
        held = Promise.all([held, sleep(delayMs)]).then(() => client.writable && client.write(chunk));
        return;
      }
      const room = mode.kind === 'reset' ? mode.afterBytes - sentBytes : Infinity;
      sentBytes += chunk.length;
      if (chunk.length < room) client.write(chunk);
      else client.write(chunk.subarray(0, Math.max(0, room)), () => client.resetAndDestroy());
    });
    upstream.on('error', () => {
      if (this.#mode.kind !== 'mute') client.resetAndDestroy();
    });
    upstream.on('end', () => {
      if (this.#mode.kind !== 'mute') void held.then(() => client.end());
    });
  }
}
