import { byId, number, setRows, setText } from './dom.js';
import { bytes, count, duration, milliseconds, moment, plural } from './format.js';

/**
 * Shows what is known of the servers, the pool, the commands and the collections.
 *
 * @param {any} report - As `/status/data` gives it
 */
export function showReport(report) {
  showDatabase(report.database);
  showPool(report.pool);
  showCommands(report.commands);
  showCollections(report.collections);
  const uptime = duration((Date.parse(report.at) - Date.parse(report.service.startedAt)) / 1_000);
  setText('service', `Node ${report.service.nodeVersion}, running for ${uptime}`);
}

/**
 * @param {any} reading - With `value`, `ageMs` and `problem`
 * @param {any} documents - The value to show, which may be a newer one
 */
export function showTestDocuments(reading, documents) {
  const total = documents === null ? '' : describeCount(documents);
  setText('documents-note', `${total} ${staleNote(reading)}`.trim());
  const rows = (documents?.recent ?? []).map(({ id, message, createdAt }) => [
    moment(new Date(createdAt)),
    message,
    { text: id, className: 'id' },
  ]);
  setRows('documents-rows', rows, documents === null ? 'Not read yet' : 'None yet');
}

function describeCount({ count: total, recent }) {
  const shown = total > recent.length ? `, the newest ${recent.length} are shown` : '';
  return `${plural(total, 'document')}${shown}.`;
}

/** @param {any} database */
function showDatabase({ name, kind, replicaSet, members, version }) {
  const age = version.problem !== null && version.value !== null ? ' (last known)' : '';
  setText('version', version.value === null ? 'Not known yet' : `MongoDB ${version.value}${age}`);
  setText('topology', replicaSet === null ? kind : `${kind} “${replicaSet}”`);
  const writable = members.filter(({ isWritable }) => isWritable);
  setText(
    'primary',
    writable.length === 0 ? 'None: nothing takes writes' : describeWritable(writable, members),
  );
  const roles = Map.groupBy(members, ({ role }) => role);
  const said = [...roles].map(([role, those]) => (those.length === 1 ? role : `${those.length} × ${role}`));
  setText('members', members.length === 0 ? 'None known' : `${members.length}: ${said.join(', ')}`);
  setText('database', name);
}

function describeWritable(writable, members) {
  if (writable.length > 1) return `${writable.length} servers take writes`;
  const [{ number: position, role }] = writable;
  if (members.length === 1)
    return role === 'primary' ? 'The only member, takes writes' : 'This server takes writes';
  return `Member ${position} of ${members.length} takes writes`;
}

/** @param {any} pool */
function showPool({ open, checkedOut, waiting, limit }) {
  const percent = (value) => `${Math.min(100, (value / limit) * 100)}%`;
  byId('pool-used').style.width = percent(checkedOut);
  byId('pool-idle').style.width = percent(open - checkedOut);
  setText('pool-checked-out', count(checkedOut));
  setText('pool-open', count(Math.max(0, open - checkedOut)));
  setText('pool-limit', count(limit));
  setText('pool-waiting', count(waiting));
}

/** @param {any} commands */
function showCommands({ sinceStart, recent }) {
  setText('commands-recent', recent === null ? '' : describeRecent(recent));
  const rows = sinceStart.map((one) => [
    one.command,
    number(count(one.count)),
    number(mean(one.meanMs)),
    number(within(one.halfWithinMs, one.count)),
    number(within(one.mostWithinMs, one.count)),
    number(count(one.failed)),
  ]);
  setRows('commands-rows', rows, 'None yet');
}

function describeRecent({ seconds, count: total, failed, meanMs, mostWithinMs }) {
  const span = `Last ${duration(seconds)}`;
  if (total === 0) return `${span}: no command.`;
  const failures = failed === 0 ? 'none failed' : `${count(failed)} failed`;
  return `${span}: ${plural(total, 'command')}, ${mean(meanMs)} on average, 99% within ${within(mostWithinMs, total)}, ${failures}.`;
}

/** The driver counts whole milliseconds. */
function mean(value) {
  return value === 0 ? 'under 1 ms' : milliseconds(value);
}

/** A bound of the histogram; above the last one there is none. */
function within(value, total) {
  if (total === 0) return '–';
  return value === null ? 'over 10 s' : milliseconds(value);
}

/** @param {any} reading */
function showCollections(reading) {
  const { value } = reading;
  const shown = value?.collections ?? [];
  const sum = (field) => shown.reduce((total, one) => total + (one[field] ?? 0), 0);
  const more =
    value !== null && value.total > shown.length ? ` The first ${shown.length} by name are listed.` : '';
  const total =
    value === null
      ? ''
      : `${plural(value.total, 'collection')}, ${plural(sum('documents'), 'document')}, ${bytes(sum('storageBytes') + sum('indexBytes'))} on disk.${more}`;
  setText('collections-note', `${total} ${staleNote(reading)}`.trim());
  const rows = shown.map((one) =>
    'problem' in one
      ? [
          { text: one.name, className: 'name' },
          { text: one.problem, className: 'quiet', colSpan: 4 },
        ]
      : [
          { text: one.name, className: 'name' },
          number(count(one.documents)),
          number(bytes(one.dataBytes)),
          number(bytes(one.storageBytes)),
          number(bytes(one.indexBytes)),
        ],
  );
  setRows('collections-rows', rows, value === null ? 'Not read yet' : 'None yet');
}

/** Why a value is an old one, and how old. */
function staleNote({ value, ageMs, problem }) {
  if (problem === null) return '';
  return value === null ? `Not readable: ${problem}.` : `From ${duration(ageMs / 1_000)} ago: ${problem}.`;
}
