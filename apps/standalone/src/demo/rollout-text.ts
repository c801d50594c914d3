import { unreachable, type GATE_ACTIONS, type GateDecision } from '@edgeflow/contracts';
import type { MoreUrgent } from '@edgeflow/rollout';
import type { PlacedWave, Plan, Rollout, Waiting } from './rollout.js';

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** `wave 0`, `back 0` for one of the rollback. */
export function nameOf({ back, wave }: PlacedWave): string {
  return `${back ? 'back' : 'wave'} ${wave.index}`;
}

/** `canary, 1.1.0 to 500 devices: rolling back`; before it was decided on, nobody knows to how many. */
export function titleOf({ strategy, version, eligible, state }: Rollout): string {
  const type = strategy ? `${words(strategy.type)}, ` : '';
  const to = state === 'requested' ? '' : ` to ${plural(eligible, 'device')}`;
  return `${type}${version}${to}: ${words(state)}`;
}

/** `rolling back` for `rolling_back`. */
export function words(term: string): string {
  return term.replaceAll('_', ' ');
}

const OUTCOMES: Record<(typeof GATE_ACTIONS)[number], string> = {
  pause: 'pauses',
  abort: 'aborts',
  rollback: 'rolls back',
};

/** What a gate decided, with the numbers that it was made from: `gate of wave 0 passed: 20 of 20 succeeded (100 %), threshold 95 %`. */
export function gateText(gate: GateDecision): string {
  const { finished, of = finished, succeeded, failed, percent, threshold_percent, threshold_count } = gate;
  const { passed, action = 'pause' } = gate;
  if (gate.code === 'no-evidence')
    return `${gateName(gate)} pauses: none of ${gate.eligible ?? 0} devices has finished`;
  const [count, what] = gate.gate === 'failure' ? [failed, 'failed'] : [succeeded, 'succeeded'];
  const threshold = threshold_count === undefined ? `${threshold_percent ?? 0} %` : String(threshold_count);
  const outcome = passed ? 'passed' : OUTCOMES[action];
  return `${gateName(gate)} ${outcome}: ${count} of ${of} ${what} (${percent} %), threshold ${threshold}`;
}

/** Where a gate looked: `gate of wave 0`. */
function gateName({ per, wave }: GateDecision): string {
  return per === 'wave' ? `gate of wave ${wave}` : 'gate of the rollout';
}

/** Every gate that has decided, in order. */
export function gatesOf({ waves, rollback }: Rollout): GateDecision[] {
  const passed = waves.flatMap(({ gate }) => (gate?.passed ? [gate] : []));
  return rollback?.gate ? [...passed, rollback.gate] : passed;
}

function opening(remaining_s: number | null): string {
  return remaining_s === null ? 'which never opens' : `${remaining_s} s left`;
}

/** Why a rollout does not go on, in words with its numbers. */
export function waitingText(waiting: Waiting): string {
  switch (waiting.reason) {
    case 'decision':
      return 'the decision on the request';
    case 'approval':
      return `the approval of wave ${waiting.wave}`;
    case 'start_time':
      return `its start at ${waiting.at}, ${waiting.remaining_s} s left`;
    case 'soak':
      return `the soak of wave ${waiting.wave}, ${waiting.remaining_s} s left`;
    case 'window':
      return `its maintenance window, ${opening(waiting.remaining_s)}`;
    case 'fleet_window':
      return `the maintenance window of the fleet of ${plural(waiting.devices, 'device')}, ${opening(waiting.remaining_s)}`;
    case 'more_urgent_rollout':
      return `a more urgent rollout that wants ${plural(waiting.devices, 'device')}${moreUrgent(waiting.rollouts)}`;
    case 'window_never_opens':
      return `another window: its own and that of the fleet of ${plural(waiting.devices, 'device')} have no time in common (${waiting.fleets.join(', ')})`;
    case 'operator':
      return `an operator, who paused it${waiting.why === null ? '' : `: ${waiting.why}`}`;
    case 'gate':
      return `somebody to decide: ${gateText(waiting.gate)}`;
    case 'capacity':
      return `room: ${waiting.in_flight} of at most ${waiting.max_in_flight} in flight, ${waiting.waiting} wait`;
    case 'rate_limit':
      return `the rate limit: ${waiting.told_last_minute} of at most ${waiting.max_per_minute} a minute, ${waiting.next_in_s} s left`;
    case 'backoff':
      return `the next try of ${plural(waiting.devices, 'device')}`;
    case 'devices_offline':
      return `${plural(waiting.devices, 'device')} to come online`;
    case 'devices_busy':
      return `${plural(waiting.devices, 'device')} with another update`;
    case 'devices_in_flight':
      return `${plural(waiting.devices, 'device')} in flight`;
    case 'firmware_revoked':
      return `nothing that can come: its image for ${waiting.models.join(', ')} is revoked`;
    case 'devices_postponed':
      return `${plural(waiting.devices, 'device')} where somebody wants the update later`;
    default:
      return unreachable(waiting);
  }
}

/** ` (rol_1, at 2026-03-01T03:00:00.000Z)`: which they are, and when each goes on where the clock says it. */
function moreUrgent(rollouts: readonly MoreUrgent[]): string {
  const named = rollouts.map(({ rollout_id, next_at }) => `${rollout_id}${next_at === null ? '' : `, at ${next_at}`}`);
  return named.length > 0 ? ` (${named.join('; ')})` : '';
}

/** The plan of a dry run: a line for each wave. */
export function planLines({ waves }: Plan): string[] {
  return waves.map(({ index, eligible, soak_s, success_percent }) => {
    const then = [
      success_percent === undefined ? '' : `${success_percent} % must succeed`,
      soak_s > 0 ? `${soak_s} s before the next` : '',
    ].filter(Boolean);
    return `wave ${index}  ${String(eligible).padStart(6)} devices${then.length > 0 ? `, ${then.join(', ')}` : ''}`;
  });
}
