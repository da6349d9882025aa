import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverConfig, type ServerConfig } from '#config';
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

const SWEEP_MS = 50;

/**
 * The part of a shutdown between "readiness says 503" and "the pool is closed". Nest's order: `onModuleDestroy` (readiness turns),
 * `beforeApplicationShutdown` (this drain), the HTTP server stops accepting and waits for requests in flight,
 * `onApplicationShutdown` (the pool closes).
 */
@Injectable()
export class ShutdownService implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(serverConfig.KEY) private readonly config: ServerConfig,
  ) {}

  /** Keeps serving until load balancers have noticed, then sets the deadline for what is in flight. */
  async beforeApplicationShutdown(): Promise<void> {
    await sleep(this.config.drainMs);
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    // A keep-alive connection whose last request ends during the close would otherwise stay until its client leaves.
    this.timers.push(setInterval(() => server.closeIdleConnections(), SWEEP_MS).unref());
    this.timers.push(setTimeout(() => server.closeAllConnections(), this.config.shutdownTimeoutMs).unref());
  }

  onApplicationShutdown(): void {
    for (const timer of this.timers) clearTimeout(timer);
  }
}
