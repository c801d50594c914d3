/** This run beside another one: ratios, since absolute figures are the machine's. */

const keyOf = ({ bench, size, what }) => `${bench} ${size} ${what}`;

/** The figures of a row that can be compared, by name. Of `costs` those of all processes together. */
function figuresOf({ ours, p50, p99, costs }) {
  const { cpu_ms, nats_in, nats_out, events, wal_bytes } = costs ?? {};
  const all = { ours, p50, p99, cpu_ms: cpu_ms?.all, nats_in, nats_out, events, wal_bytes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => Number.isFinite(value)));
}

/**
 * @param rows of this run @param before those of the other one
 * @returns for each row that both have: by figure this run's divided by the other's; a figure that one lacks, or that was 0, is left out
 */
export function ratios(rows, before) {
  const others = new Map(before.map((row) => [keyOf(row), figuresOf(row)]));
  return rows
    .filter((row) => others.has(keyOf(row)))
    .map((row) => {
      const other = others.get(keyOf(row));
      const both = Object.entries(figuresOf(row)).filter(([name]) => other[name] > 0);
      const { bench, size, what } = row;
      return {
        bench,
        size,
        what,
        ratios: Object.fromEntries(both.map(([name, value]) => [name, value / other[name]])),
      };
    });
}
