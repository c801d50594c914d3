import { gateText, gatesOf, nameOf, titleOf, waitingText } from './rollout-text.js';
import { wavesOf, type PlacedWave, type Rollout } from './rollout.js';

/** One thing about a rollout: worth a line whenever its mark is another one than before. */
export interface Aspect {
  name: string;
  mark: string;
  line: string;
}

/** Counts are told at each quarter of a wave: between them they change with every device. */
const QUARTER = 25;

/** All that there is to tell of a rollout, for where lines cannot be drawn anew. */
export function aspectsOf(rollout: Rollout): Aspect[] {
  const whole = { name: 'rollout', mark: rollout.state, line: titleOf(rollout) };
  const gates = gatesOf(rollout).map((gate) => ({
    // One that had passed may not any more: it has decided twice.
    name: gateText(gate),
    mark: gateText(gate),
    line: gateText(gate),
  }));
  const waves = wavesOf(rollout).filter((placed) => placed.wave.state !== 'pending');
  return [...gates, whole, ...waves.map(waveAspect), ...waitingAspects(rollout)];
}

function waveAspect(placed: PlacedWave): Aspect {
  const { wave } = placed;
  const { eligible, succeeded, failed, reverted, cancelled, skipped, percent } = wave;
  const [name, state] = [nameOf(placed), placed.wave.state];
  const back = reverted > 0 ? ` (${reverted} went back by ${reverted === 1 ? 'itself' : 'themselves'})` : '';
  const others = [
    failed > 0 ? `, ${failed} failed${back}` : '',
    cancelled > 0 ? `, ${cancelled} cancelled` : '',
    skipped > 0 ? `, ${skipped} skipped` : '',
  ].join('');
  const numbers = `${percent} %, ${succeeded} of ${eligible} succeeded${others}`;
  const line = `${name}: ${state === 'cancelled' ? `${cancelled} devices cancelled` : `${state}, ${numbers}`}`;
  return { name, mark: `${state} ${Math.floor(percent / QUARTER)}${back}`, line };
}

/** That devices are in flight is said by the waves; the numbers of a reason change all the time, the reason does not. */
function waitingAspects({ waiting_for }: Rollout): Aspect[] {
  const told = waiting_for.filter(({ reason }) => reason !== 'devices_in_flight');
  return told.map((one) => {
    const mark = 'wave' in one ? `${one.reason} ${one.wave}` : one.reason;
    return { name: one.reason, mark, line: `waits for ${waitingText(one)}` };
  });
}
