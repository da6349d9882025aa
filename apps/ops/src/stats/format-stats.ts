import { formatBytes, formatCount, formatDuration, formatQuantity } from '../terminal/format.ts';
import { formatTable, printable } from '../terminal/table.ts';
import type { CollectionDetail } from './collection-detail.ts';
import type { CollectionSize, DatabaseStats, ServerActivity } from './read-stats.ts';

export interface StatsReport {
  at: Date;
  database: DatabaseStats;
  /** `null` for a user who may not see it. */
  server: ServerActivity | null;
  collections: CollectionSize[];
}

/**
 * @param before - The look before this one, for rates in place of counters
 * @param width - Of the terminal, in characters
 */
export function formatStats(report: StatsReport, before?: StatsReport, width?: number): string {
  const { database, server, collections } = report;
  const lines = [
    `Database ${printable(database.database)}: ${formatQuantity(database.documents, 'document')} in ${formatQuantity(database.collections, 'collection')}, ` +
      `data ${formatBytes(database.dataBytes)}, on disk ${formatBytes(database.storageBytes)}, ` +
      `${formatQuantity(database.indexes, 'index', 'indexes')} ${formatBytes(database.indexBytes)}`,
    ...(database.disk ? [formatDisk(database.disk)] : []),
    ...(server
      ? formatServer(
          server,
          before?.server ? { server: before.server, seconds: (+report.at - +before.at) / 1_000 } : undefined,
        )
      : ['Server: this user may not see its figures; the role clusterMonitor may']),
  ];
  const table = formatTable(
    [
      { title: 'COLLECTION', isWrapped: true },
      { title: 'DOCUMENTS', align: 'right' },
      { title: 'AVERAGE', align: 'right' },
      { title: 'DATA', align: 'right' },
      { title: 'ON DISK', align: 'right' },
      { title: 'INDEXES', align: 'right' },
      { title: 'INDEX SIZE', align: 'right' },
    ],
    collections.map((size) => [
      size.type === 'collection'
        ? size.name
        : `${size.name} (${size.type === 'view' ? 'view' : 'time series'})`,
      orDash(size.documents, formatCount),
      orDash(size.averageBytes, formatBytes),
      orDash(size.dataBytes, formatBytes),
      orDash(size.storageBytes, formatBytes),
      orDash(size.indexes, formatCount),
      orDash(size.indexBytes, formatBytes),
    ]),
    width,
  );
  return `${lines.join('\n')}\n${collections.length > 0 ? `\n${table}` : ''}`;
}

/** @param width - Of the terminal, in characters */
export function formatDetail(detail: CollectionDetail, width?: number): string {
  const unit = detail.type === 'timeseries' ? 'bucket' : 'document';
  const options = Object.keys(detail.options);
  const lines = [
    `Collection ${printable(detail.name)}: ${formatQuantity(detail.documents, unit)}` +
      (detail.averageBytes === null ? '' : ` of ${formatBytes(detail.averageBytes)} on average`),
    `Data ${formatBytes(detail.dataBytes)}, on disk ${formatBytes(detail.storageBytes)}, of that free ${formatBytes(detail.freeBytes)}`,
    ...(options.length > 0 ? [`Options: ${options.map(printable).join(', ')} (--json shows them)`] : []),
  ];
  const table = formatTable(
    [
      { title: 'INDEX', isWrapped: true },
      { title: 'KEY', isWrapped: true },
      { title: 'OPTIONS', isWrapped: true },
      { title: 'SIZE', align: 'right' },
      { title: 'USED', align: 'right' },
      { title: 'SINCE' },
    ],
    detail.indexes.map(({ name, key, options: given, sizeBytes, operations, since }) => [
      name,
      Object.entries(key)
        .map(([field, direction]) => `${field}: ${String(direction)}`)
        .join(', '),
      Object.entries(given)
        .map(([option, value]) => (value === true ? option : `${option}: ${JSON.stringify(value)}`))
        .join(', '),
      formatBytes(sizeBytes),
      orDash(operations, formatCount),
      since === null ? '' : since.toISOString().slice(0, 16).replace('T', ' '),
    ]),
    width,
  );
  return `${lines.join('\n')}\n\n${table}`;
}

function formatDisk({ usedBytes, totalBytes }: { usedBytes: number; totalBytes: number }): string {
  const free = totalBytes - usedBytes;
  return `Disk of the server: ${formatBytes(free)} of ${formatBytes(totalBytes)} free (${Math.round((free / totalBytes) * 100)} %)`;
}

function formatServer(
  { version, uptimeSeconds, connections, operations, cache, residentBytes }: ServerActivity,
  before: { server: ServerActivity; seconds: number } | undefined,
): string[] {
  const names = Object.keys(operations) as (keyof typeof operations)[];
  const figures = names.map((name) => {
    if (before === undefined) return `${name} ${formatCount(operations[name])}`;
    // Counters begin anew when the server does.
    const rate = Math.max(0, operations[name] - before.server.operations[name]) / before.seconds;
    return `${name} ${formatCount(rate)}/s`;
  });
  const memory = [
    ...(cache ? [`cache ${formatBytes(cache.usedBytes)} of ${formatBytes(cache.maxBytes)}`] : []),
    ...(residentBytes === null ? [] : [`memory ${formatBytes(residentBytes)}`]),
  ];
  return [
    `Server ${version}, up ${formatDuration(uptimeSeconds * 1_000)}, ` +
      `connections ${formatCount(connections.current)} of ${formatCount(connections.current + connections.available)}` +
      memory.map((text) => `, ${text}`).join(''),
    `Operations: ${figures.join(', ')}`,
  ];
}

function orDash<T>(value: T | null, format: (value: T) => string): string {
  return value === null ? '-' : format(value);
}
