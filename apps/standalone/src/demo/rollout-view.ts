import colors from 'picocolors';
import { gateText, gatesOf, nameOf, titleOf, waitingText } from './rollout-text.js';
import { wavesOf, type PlacedWave, type Rollout } from './rollout.js';

const BAR_WIDTH = 12;
const HEADINGS = ['', 'state', '', '', 'devices', 'queued', 'in flight', 'succeeded', 'failed'];
/** Negative ones are filled up on the left. The bar stands in the third. With the console's indent they fill 80 columns. */
const WIDTHS = [-7, -10, BAR_WIDTH, 6, 8, 7, 10, 10, 7];

/** A rollout as a block of lines for a terminal. @param seconds since it was asked for */
export function blockOf(rollout: Rollout, seconds: number): string[] {
  const { percent, rollback, waiting_for } = rollout;
  const title = `${titleOf(rollout)}, ${rollback?.percent ?? percent} %`;
  const gates = gatesOf(rollout).map((gate) => {
    const paint = gate.passed ? colors.green : colors.red;
    return paint(gateText(gate));
  });
  const waiting = waiting_for.map((one) => colors.yellow(`waits for ${waitingText(one)}`));
  return [
    `${colors.bold(title)}  ${colors.dim(`${seconds} s`)}`,
    colors.dim(rowOf(HEADINGS)),
    ...wavesOf(rollout).map(waveRow),
    ...gates,
    ...waiting,
  ];
}

function waveRow(placed: PlacedWave): string {
  const { wave } = placed;
  const { eligible, queued, in_flight, succeeded, failed, cancelled, skipped } = wave;
  const state = placed.wave.state;
  const row = rowOf([
    ...[nameOf(placed), state, barOf(placed), state === 'cancelled' ? '' : `${wave.percent} %`],
    ...[eligible, queued, in_flight, succeeded, failed].map(String),
  ]);
  const others = [
    cancelled > 0 && cancelled < eligible ? `${cancelled} cancelled` : '',
    skipped > 0 ? `${skipped} skipped` : '',
  ];
  const painted = wave.state === 'pending' ? colors.dim(row) : row;
  return [painted, ...others.filter(Boolean)].join('  ');
}

function rowOf(cells: readonly string[]): string {
  return cells
    .map((cell, column) => {
      const width = WIDTHS[column] ?? 0;
      if (column === 2 && cell !== '') return cell;
      return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
    })
    .join('');
}

/** Succeeded, failed, in flight and the rest of a wave, each as its share of the bar. */
function barOf({ wave }: PlacedWave): string {
  const { eligible, succeeded, failed, in_flight } = wave;
  const cells = (devices: number): number =>
    eligible === 0 ? 0 : Math.min(BAR_WIDTH, Math.round((devices / eligible) * BAR_WIDTH));
  const [good, bad, busy] = [cells(succeeded), cells(succeeded + failed), cells(succeeded + failed + in_flight)];
  return [
    colors.green('█'.repeat(good)),
    colors.red('█'.repeat(bad - good)),
    colors.yellow('▒'.repeat(busy - bad)),
    colors.dim('░'.repeat(BAR_WIDTH - busy)),
  ].join('');
}
