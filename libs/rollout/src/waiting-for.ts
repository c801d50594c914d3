import type { GateDecision } from '@edgeflow/contracts';
import { roomOf } from './allowance.js';
import { sumOf } from './counts.js';
import { awaitedApproval, nextWave, soakEnds } from './next-wave.js';
import { wavesIn } from './placement.js';
import type { AcceptedRollout, Hold } from './rollout.state.js';
import { windowAt } from './window.js';

/** Devices that wait in the waves that run, by what keeps them: looked up where the devices are. */
export interface Kept {
  offline: number;
  busy: number;
  /** They failed and wait for their next try. */
  backing_off: number;
  next_try_at: string | null;
  /** The maintenance window of their fleet is closed. */
  fleet_closed: number;
  fleet_opens_at: string | null;
  /** A rollout of a higher priority wants them. */
  outranked: number;
}

export const noneKept: Kept = {
  ...{ offline: 0, busy: 0, backing_off: 0, next_try_at: null },
  ...{ fleet_closed: 0, fleet_opens_at: null, outranked: 0 },
};

/** Why a rollout does not go on, each with its numbers. */
export type WaitingFor =
  | { reason: 'approval'; wave: number }
  | { reason: 'start_time'; at: string; remaining_s: number }
  | { reason: 'soak'; wave: number; until: string; remaining_s: number }
  | { reason: 'window'; opens_at: string | null; remaining_s: number | null }
  | { reason: 'operator'; since: string; by: string | null; why: string | null }
  | { reason: 'gate'; since: string; gate: GateDecision }
  | { reason: 'capacity'; in_flight: number; max_in_flight: number; waiting: number }
  | { reason: 'rate_limit'; told_last_minute: number; max_per_minute: number; waiting: number; next_in_s: number }
  | { reason: 'backoff'; devices: number; next_at: string | null }
  | { reason: 'devices_offline'; devices: number }
  | { reason: 'devices_busy'; devices: number }
  | { reason: 'fleet_window'; devices: number; opens_at: string | null; remaining_s: number | null }
  | { reason: 'more_urgent_rollout'; devices: number }
  | { reason: 'devices_in_flight'; devices: number };

/** Everything that a rollout waits for at a time. */
export function waitingFor(rollout: AcceptedRollout, at: Date, kept: Kept): WaitingFor[] {
  switch (rollout.status) {
    case 'accepted':
      return beforeStart(rollout, at);
    case 'paused':
      return [held(rollout.hold), ...inFlight(rollout)];
    case 'running':
      return [...betweenWaves(rollout, at), ...inWave(rollout, at, kept), ...inFlight(rollout)];
    case 'rolling_back':
      return [...inWave(rollout, at, kept), ...inFlight(rollout)];
    case 'aborted':
      return inFlight(rollout);
    case 'completed':
    case 'rolled_back':
      return [];
  }
}

function secondsUntil(time_ms: number, at: Date): number {
  return Math.max(0, Math.ceil((time_ms - at.getTime()) / 1000));
}

function beforeStart(rollout: AcceptedRollout, at: Date): WaitingFor[] {
  const wave = awaitedApproval(rollout);
  const approval: WaitingFor[] = wave === undefined ? [] : [{ reason: 'approval', wave }];
  const { start_at } = rollout.spec;
  if (start_at === undefined || Date.parse(start_at) <= at.getTime()) return approval;
  return [...approval, { reason: 'start_time', at: start_at, remaining_s: secondsUntil(Date.parse(start_at), at) }];
}

function held({ gate, at, requested_by, reason }: Hold): WaitingFor {
  if (gate) return { reason: 'gate', since: at, gate };
  return { reason: 'operator', since: at, by: requested_by ?? null, why: reason ?? null };
}

function betweenWaves(rollout: AcceptedRollout, at: Date): WaitingFor[] {
  const next = nextWave(rollout);
  if (next === undefined) return [];
  const ends = soakEnds(rollout, next) ?? 0;
  const soak: WaitingFor[] =
    ends > at.getTime()
      ? [{ reason: 'soak', wave: next - 1, until: new Date(ends).toISOString(), remaining_s: secondsUntil(ends, at) }]
      : [];
  const wave = awaitedApproval(rollout);
  return wave === undefined ? soak : [...soak, { reason: 'approval', wave }];
}

/** What keeps the devices of the waves that run from being told. */
function inWave(rollout: AcceptedRollout, at: Date, kept: Kept): WaitingFor[] {
  const stage = rollout.status === 'rolling_back' ? 'rollback' : 'forward';
  const running = wavesIn(rollout, stage).filter(({ status }) => status === 'running');
  const waiting = sumOf(running).waiting;
  if (waiting === 0) return [];
  const { offline, busy, backing_off, next_try_at, fleet_closed, fleet_opens_at: opens_at, outranked } = kept;
  const all: (WaitingFor | undefined)[] = [
    closedWindow(rollout, at),
    ...limits(rollout, at, waiting - offline - busy - backing_off - fleet_closed - outranked),
    backing_off > 0 ? { reason: 'backoff', devices: backing_off, next_at: next_try_at } : undefined,
    offline > 0 ? { reason: 'devices_offline', devices: offline } : undefined,
    busy > 0 ? { reason: 'devices_busy', devices: busy } : undefined,
    fleet_closed > 0 ? { reason: 'fleet_window', devices: fleet_closed, ...opening(opens_at, at) } : undefined,
    outranked > 0 ? { reason: 'more_urgent_rollout', devices: outranked } : undefined,
  ];
  return all.filter((one) => one !== undefined);
}

function closedWindow({ status, spec }: AcceptedRollout, at: Date): WaitingFor | undefined {
  if (!spec.window || status === 'rolling_back') return undefined;
  const window = windowAt(spec.window, at);
  if (window.open) return undefined;
  return { reason: 'window', ...opening(window.opens_at, at) };
}

function opening(opens_at: string | null, at: Date): { opens_at: string | null; remaining_s: number | null } {
  return { opens_at, remaining_s: opens_at === null ? null : secondsUntil(Date.parse(opens_at), at) };
}

function limits(rollout: AcceptedRollout, at: Date, waiting: number): WaitingFor[] {
  const { max_in_flight = 0, max_per_minute = 0 } = rollout.spec.limits ?? {};
  const { in_flight, slots, rate, told_last_minute, rate_frees_at = 0 } = roomOf(rollout, at);
  if (waiting <= 0) return [];
  const found: WaitingFor[] = [];
  if (slots === 0) found.push({ reason: 'capacity', in_flight, max_in_flight, waiting });
  if (rate === 0) {
    const next_in_s = secondsUntil(rate_frees_at, at);
    found.push({ reason: 'rate_limit', told_last_minute, max_per_minute, waiting, next_in_s });
  }
  return found;
}

function inFlight(rollout: AcceptedRollout): WaitingFor[] {
  const { in_flight } = sumOf([...rollout.waves, ...wavesIn(rollout, 'rollback')]);
  return in_flight > 0 ? [{ reason: 'devices_in_flight', devices: in_flight }] : [];
}
