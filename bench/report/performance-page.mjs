/** docs/performance.md, from the figures of one run (bench/baseline.json). */
import { costsOf, figure, ratioOf } from './figures.mjs';
import { goalsOf } from './goals.mjs';

const BAR = 30;
const GIB = 2 ** 30;

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const latency = ({ p50, p99 }) => `${figure(p50)} / ${figure(p99)}`;
const isLatency = ({ p50 }) => p50 !== undefined;

function cellsOf(row) {
  const { size, what, unit, ours, ceiling } = row;
  const figures = isLatency(row)
    ? [`${latency(row)} ${unit}`, ceiling ? `${latency(ceiling)} ${unit}` : '–', '–']
    : [`${figure(ours)} ${unit}`, ceiling === undefined ? '–' : `${figure(ceiling)} ${unit}`, figure(ratioOf(row))];
  return [what, figure(size), ...figures];
}

/** The value that grows or not: a rate, or the 99th percentile. */
const valueOf = (row) => (isLatency(row) ? row.p99 : row.ours);

/** One figure over the sizes, as bars in proportion to the largest. */
export function growth(rows) {
  const most = Math.max(...rows.map(valueOf));
  return rows.map((row) => {
    const bar = '█'.repeat(Math.max(1, Math.round((valueOf(row) / most) * BAR)));
    return `${figure(row.size).padStart(9)} ${bar.padEnd(BAR)} ${figure(valueOf(row))} ${row.unit}`;
  });
}

/** What is drawn of a bench: each of its figures that was measured at more than one size. */
function drawn(rows) {
  const all = [...Map.groupBy(rows, ({ what }) => what)].filter(([, some]) => some.length > 1);
  if (all.length === 0) return [];
  const charts = all.map(([what, some]) => [isLatency(some[0]) ? `${what}, p99` : what, ...growth(some)].join('\n'));
  return ['```text', charts.join('\n\n'), '```', ''];
}

function section(rows) {
  const [{ bench, title, one, sides }] = rows;
  const costs = rows.filter((row) => row.costs);
  return [
    `## ${title}`,
    '',
    `\`npm run bench -- ${bench}\``,
    '',
    `- **We**: ${sides.ours}.`,
    `- **The ceiling**: ${sides.ceiling}.`,
    '',
    table(['what', 'size', 'we', 'the ceiling', 'ratio'], rows.map(cellsOf)),
    '',
    ...drawn(rows),
    ...costs.map((row) => `- ${row.what}, ${figure(row.size)}, each ${one}: ${costsOf(row.costs)}.`),
    ...(costs.length > 0 ? [''] : []),
  ];
}

function goals(rows) {
  const cells = goalsOf(rows).map(({ goal, value, met, unit = '', at_most, at_least }) => [
    ...[goal, value === undefined ? '–' : `${figure(value)} ${unit}`.trim()],
    at_most === undefined ? `≥ ${figure(at_least)}` : `≤ ${figure(at_most)}`,
    value === undefined ? 'not measured' : met ? 'met' : 'not met',
  ]);
  return ['## Goals', '', table(['what', 'measured', 'wanted', ''], cells), ''];
}

/** A load from which on others had part of the cores, as a share of them. */
const BUSY = 0.5;

function described({ cpus, model, memory, linux, node, commit, load }) {
  const parts = [`${cpus} cores (${model})`, `${figure(memory / GIB)} GiB`, `Linux ${linux}`, `Node ${node}`];
  const busy =
    load > cpus * BUSY
      ? '. **Others used it at the time**: only counts of events, messages and bytes say something'
      : '';
  return `${parts.join(', ')}; commit ${commit}; load average before: ${figure(load)}${busy}. The clients and the ceilings ran on the same cores`;
}

const HEAD = `# Performance

Generated from \`bench/baseline.json\` by \`npm run docs\`; \`npm run bench -- --baseline\` measures it anew. Each bench asserts the effect that it claims, and fails otherwise.
The ceiling does the same work in the same run with nothing of ours: the ratio to it (1 is all of it) is the figure to quote, absolute ones are the machine's. Two latencies are the
median and the 99th percentile. CPU is that of the installation's processes alone, from /proc; NATS messages are those of its own counters; events stay in the log, leases leave
it; schedules are messages that NATS holds for later.
`;

/** @param run what \`npm run bench\` writes @returns the page */
export function performancePage({ at, machine, rows }) {
  const benches = [...Map.groupBy(rows, ({ bench }) => bench).values()];
  const lines = [
    HEAD,
    `Measured on ${at.slice(0, 10)}, on ${described(machine)}.`,
    '',
    ...goals(rows),
    ...benches.flatMap(section),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}
