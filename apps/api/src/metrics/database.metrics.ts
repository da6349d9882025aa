import { DatabaseConnection } from '#database';
import { HealthService } from '#health';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { DurationHistogram } from './duration-histogram.ts';
import { MetricsRegistry } from './metrics.registry.ts';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the driver's pool and commands do, and what the health sampler last saw. */
@Injectable()
export class DatabaseMetrics {
  constructor({ registry }: MetricsRegistry, connection: DatabaseConnection, health: HealthService) {
    const registers = [registry];
    observePool(connection, registers);
    observeCommands(connection, registers);
    observeHealth(health, registers);
  }
}

type Registers = MetricsRegistry['registry'][];

function observePool(connection: DatabaseConnection, registers: Registers): void {
  const gauges = {
    open: { name: 'mongodb_pool_connections', help: 'Connections open or being opened' },
    checkedOut: { name: 'mongodb_pool_checked_out', help: 'Connections in use' },
    waiting: { name: 'mongodb_pool_waiting', help: 'Operations that wait for a connection' },
  };
  for (const [key, { name, help }] of Object.entries(gauges)) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(connection.pool[key as keyof typeof gauges]);
      },
    });
  }
  const failed = new Counter({
    name: 'mongodb_pool_checkout_failures_total',
    help: 'Operations that got no connection',
    labelNames: ['reason'],
    registers,
  });
  connection.client.on('connectionCheckOutFailed', ({ reason }) => failed.inc({ reason }));
}

/** @see https://www.mongodb.com/docs/drivers/node/current/monitoring-and-logging/monitoring/ */
function observeCommands({ client }: DatabaseConnection, registers: Registers): void {
  const duration = new DurationHistogram(
    'mongodb_command_duration_seconds',
    'Time from sending a command to its reply',
    BUCKETS_SECONDS,
  );
  for (const registry of registers) registry.registerMetric(duration.asMetric());
  const observe = (outcome: string) => (event: { commandName: string; duration: number }) => {
    const labels = () => ({ command: event.commandName, outcome });
    duration.observe(`${event.commandName} ${outcome}`, labels, event.duration / 1_000);
  };
  client.on('commandSucceeded', observe('success'));
  client.on('commandFailed', observe('failure'));
}

function observeHealth(health: HealthService, registers: Registers): void {
  new Gauge({
    name: 'mongodb_up',
    help: '1 when the last samples found a usable database',
    registers,
    collect() {
      this.set(health.database.isConnected ? 1 : 0);
    },
  });
  new Gauge({
    name: 'mongodb_health_age_seconds',
    help: 'Time since the last check of the database ended',
    registers,
    collect() {
      const { ageMs } = health.database;
      this.set(ageMs === null ? Number.NaN : ageMs / 1_000);
    },
  });
  new Gauge({
    name: 'mongodb_health_latency_seconds',
    help: 'Duration of the last successful check',
    registers,
    collect() {
      const { latencyMs } = health.database;
      this.set(latencyMs === null ? Number.NaN : latencyMs / 1_000);
    },
  });
}
