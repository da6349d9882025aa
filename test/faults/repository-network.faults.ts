import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseConnection } from '#database';
import { Logger } from '@nestjs/common';
import { expectFigure } from '../support/figures.ts';
import { MongodServer } from '../support/mongod-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { connectEntries, Load, type EntryRepository } from './repository-load.ts';

let server: MongodServer;
let proxy: TcpProxy;
let connection: DatabaseConnection;
let entries: EntryRepository;
beforeEach(async () => {
  Logger.overrideLogger(false);
  server = await MongodServer.start({ replSet: true });
  proxy = await TcpProxy.start(server.port);
  ({ connection, entries } = await connectEntries(proxy.uri('faults')));
}, 60_000);
afterEach(async () => {
  await connection?.close();
  await proxy?.close();
  await server?.stop();
  Logger.overrideLogger(true);
});

it.each([
  { answers: '12 kB', load: { textLength: 500 } },
  { answers: '42 kB', load: { textLength: 2_000, readers: 16 } },
])(
  'A16: connections that are reset after 50 kB fail no read and lose no write: answers of $answers',
  async ({ answers, load: options }) => {
    proxy.setMode({ kind: 'reset', afterBytes: 50_000 });
    const acceptedBefore = proxy.accepted;
    const load = await Load.start(entries, options);
    await sleep(10_000);
    await load.stop();
    proxy.setMode({ kind: 'forward' });
    expect(load.missed).toEqual([]);
    expect(load.unnamedFailures).toEqual([]);
    const { lost, doubled } = await load.compare(entries);
    const figure = (what: string, value: number): void =>
      expectFigure({ row: 'A16', what: `${answers}: ${what}`, value, unit: '', limit: 0 });
    const enough = (what: string, value: number): void =>
      expectFigure({ row: 'A16', what: `${answers}: ${what}`, value, unit: '', limit: 50, atLeast: true });
    enough('connections reset', proxy.accepted - acceptedBefore);
    enough('reads answered', load.reads);
    enough('writes acknowledged', load.acknowledged.length);
    figure('acknowledged writes lost', lost);
    figure('writes done twice', doubled);
    figure('reads that failed', load.readFailures.length);
  },
);
