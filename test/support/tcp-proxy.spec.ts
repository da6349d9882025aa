import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { TcpProxy, type ProxyMode } from './tcp-proxy.ts';

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

  /** Sends `text` through the proxy; tells what came back until `ms` have passed or the connection ended. */
  async function exchange(
    text: string,
    ms: number,
  ): Promise<{ received: string; error: string; tookMs: number }> {
    const startedAt = performance.now();
    const client = connect({ host: '127.0.0.1', port: proxy.port });
    clients.push(client);
    const result = { received: '', error: '', tookMs: 0 };
    const ended = new Promise<void>((resolve) => {
      client.on('data', (data) => {
        result.received += data.toString();
        result.tookMs = performance.now() - startedAt;
      });
      client.on('error', (error) => (result.error = 'code' in error ? String(error.code) : error.message));
      client.on('close', () => resolve());
    });
    client.write(text);
    await Promise.race([ended, sleep(ms)]);
    return result;
  }

  async function start(mode?: ProxyMode, targetPort = echoPort): Promise<void> {
    proxy = await TcpProxy.start(targetPort, mode);
  }

  it('forwards unchanged and counts connections', async () => {
    await start();
    expect((await exchange('hello', 100)).received).toBe('hello');
    await exchange('hello', 100);
    expect(proxy.connections).toBe(2);
    for (const client of clients) client.destroy();
    await sleep(50);
    expect(proxy.connections).toBe(0);
    expect(proxy.accepted).toBe(2);
  });

  it('holds answers back and keeps their order', async () => {
    await start({ kind: 'latency', ms: 100, jitterMs: 60 });
    const answer = exchange('', 700);
    const expected = Array.from({ length: 20 }, (_, index) => `${index};`);
    for (const part of expected) {
      clients[0]?.write(part);
      await sleep(5);
    }
    const { received, tookMs } = await answer;
    expect(received).toBe(expected.join(''));
    expect(tookMs).toBeGreaterThan(150);
  });

  it('swallows everything when mute, with or without a server behind it', async () => {
    await start({ kind: 'mute' }, await freePort());
    expect(await exchange('hello', 200)).toMatchObject({ received: '', error: '' });
    expect(proxy.connections).toBe(1);
  });

  it('resets a connection after so many bytes', async () => {
    await start({ kind: 'reset', afterBytes: 10 });
    expect(await exchange('0123456789abcdef', 1_000)).toMatchObject({
      received: '0123456789',
      error: 'ECONNRESET',
    });
    expect((await exchange('012345678', 100)).error).toBe('');
  });

  it('refuses, and cuts what is open', async () => {
    await start();
    const open = exchange('hello', 1_000);
    await sleep(100);
    proxy.setMode({ kind: 'refuse' });
    expect((await open).error).toBe('ECONNRESET');
    expect((await exchange('hello', 1_000)).error).not.toBe('');
  });
});
