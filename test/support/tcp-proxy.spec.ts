import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { TcpProxy, type ProxyMode } from './tcp-proxy.ts';
import { waitUntil } from './wait-until.ts';

describe(TcpProxy.name, () => {
  let echo: Server;
  let echoPort: number;
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  beforeAll(async () => {
    echoPort = await freePort();
    echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await new Promise<void>((resolve) => echo.listen(echoPort, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
  });
  afterAll(() => new Promise((resolve) => echo.close(resolve)));

  /** A connection through the proxy, and what came of it. */
  interface Exchange {
    client: Socket;
    received: string;
    error: string;
    hasEnded: boolean;
  }

  function open(): Exchange {
    const client = connect({ host: '127.0.0.1', port: proxy.port });
    clients.push(client);
    const exchange = { client, received: '', error: '', hasEnded: false };
    client.on('data', (data) => (exchange.received += data.toString()));
    client.on('error', (error) => (exchange.error = 'code' in error ? String(error.code) : error.message));
    client.on('close', () => (exchange.hasEnded = true));
    return exchange;
  }

  /** Sends `text`, and waits until it has come back or the connection has ended. */
  async function send(text: string): Promise<Exchange> {
    const exchange = open();
    exchange.client.write(text);
    await waitUntil(() => exchange.hasEnded || exchange.received === text);
    return exchange;
  }

  async function start(mode?: ProxyMode, targetPort = echoPort): Promise<void> {
    proxy = await TcpProxy.start(targetPort, mode);
  }

  it('forwards unchanged and counts connections', async () => {
    await start();
    expect((await send('hello')).received).toBe('hello');
    await send('hello');
    expect(proxy.connections).toBe(2);
    for (const client of clients) client.destroy();
    expect(await waitUntil(() => proxy.connections === 0)).toBe(true);
    expect(proxy.accepted).toBe(2);
  });

  it('holds answers back and keeps their order', async () => {
    await start({ kind: 'latency', ms: 100, jitterMs: 60 });
    const startedAt = performance.now();
    const exchange = open();
    const parts = Array.from({ length: 20 }, (_, index) => `${index};`);
    for (const part of parts) {
      exchange.client.write(part);
      await sleep(5);
    }
    const isWhole = () => exchange.received.length >= parts.join('').length;
    expect(await waitUntil(isWhole)).toBe(true);
    expect(exchange.received).toBe(parts.join(''));
    expect(performance.now() - startedAt).toBeGreaterThan(150);
  });

  it('swallows everything when mute, with or without a server behind it', async () => {
    await start({ kind: 'mute' }, await freePort());
    const exchange = open();
    exchange.client.write('hello');
    await sleep(200);
    expect(exchange).toMatchObject({ received: '', error: '', hasEnded: false });
    expect(proxy.connections).toBe(1);
  });

  it('resets a connection after so many bytes', async () => {
    await start({ kind: 'reset', afterBytes: 10 });
    expect(await send('0123456789abcdef')).toMatchObject({ received: '0123456789', error: 'ECONNRESET' });
    expect(await send('012345678')).toMatchObject({ error: '', hasEnded: false });
  });

  it('refuses, and cuts what is open', async () => {
    await start();
    const exchange = await send('hello');
    proxy.setMode({ kind: 'refuse' });
    expect(await waitUntil(() => exchange.hasEnded)).toBe(true);
    expect(exchange.error).toBe('ECONNRESET');
    expect((await send('hello')).error).not.toBe('');
  });
});
