/** Figures as text. */

const DIGITS = 3;

/** A number with three digits that count, and commas in large ones: `14.5`, `6,480`, `0.62`. */
export function figure(value) {
  if (value === undefined || value === null) return '–';
  return Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en')
    : Number(value.toPrecision(DIGITS)).toString();
}

/** How much of the ceiling is reached, 1 being all of it. */
export function ratioOf({ ours, ceiling, less }) {
  if (ours === undefined || ceiling === undefined) return undefined;
  return less ? ceiling / ours : ours / ceiling;
}

/** A rate beside its ceiling, or a latency. */
export function lineOf(row) {
  if (row.p50 !== undefined) {
    const bare = row.ceiling ? ` (bare p50 ${figure(row.ceiling.p50)}, p99 ${figure(row.ceiling.p99)})` : '';
    return `p50 ${figure(row.p50)}, p99 ${figure(row.p99)} ${row.unit}${bare}`;
  }
  if (row.ceiling === undefined) return `${figure(row.ours)} ${row.unit}`;
  return `${figure(row.ours)} of ${figure(row.ceiling)} ${row.unit}, ${figure(ratioOf(row))}`;
}

/** What one of them took, in one line; `all` stands first. */
export function costsOf({ cpu_ms: { all, ...by }, ...costs }) {
  const processes = Object.entries(by)
    .sort(([, a], [, b]) => b - a)
    .filter(([, ms]) => ms > 0)
    .map(([name, ms]) => `${name} ${figure(ms)}`);
  const stored = ['events', 'leases', 'schedules'].map((name) => `${figure(costs[name])} ${name}`);
  return [
    `${figure(all)} ms of CPU (${processes.join(', ')})`,
    `NATS ${figure(costs.nats_in)} in, ${figure(costs.nats_out)} out`,
    stored.join(', '),
    `${figure(costs.wal_bytes / 1_000)} kB of WAL`,
  ].join('; ');
}
