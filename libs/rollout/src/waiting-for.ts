import { given, teamOf, type ErrorCode, type GateDecision } from '@edgeflow/contracts';
import { roomOf } from './allowance.js';
import { postponedIn } from './choices.js';
import { sumOf } from './counts.js';
import { awaitedApproval, lastEnded, soakEnds } from './next-wave.js';
import { inFlightIn, wavesIn } from './placement.js';
import type { AcceptedRollout, Hold } from './rollout.state.js';
import { windowAt } from './window.js';

/** Devices that have been told, by what can be said of them: looked up where the devices are. */
export interface InFlight {
  offline: number;
  /** The one that was told first. */
  oldest: { device_id: string; since: string };
  /** When the first of them runs out of time; the limit of a phase may come before. */
  next_deadline_at: string | null;
}

/** A rollout of a higher priority. */
export interface MoreUrgent {
  rollout_id: string;
  /** When it may go on, as far as the clock says that; null where it waits for something else, or for nothing. */
  next_at: string | null;
}

/** Devices that wait in the waves that run, by what keeps them, and what is known of those in flight: looked up where the devices are. */
export interface Withheld {
  offline: number;
  busy: number;
  /** They failed and wait for their next try. */
  backing_off: number;
  next_try_at: string | null;
  /** The maintenance window of their fleet is closed. */
  fleet_closed: number;
  fleet_opens_at: string | null;
  /** The rollout's window and that of their fleet have no time in common. */
  apart: number;
  /** These fleets, or the first of them. */
  fleets_apart: readonly string[];
  /** A rollout of a higher priority wants them. */
  outranked: number;
  /** Models whose image of the version is revoked: none of their devices is told. */
  revoked?: readonly string[];
  /** These rollouts, or the first of them, and when each of them may go on. */
  more_urgent: readonly MoreUrgent[];
  /** When the first of those in flight is told again that somebody wants to update later. */
  postponed_until: string | null;
  /** Absent where nobody has looked, and where none is in flight. */
  in_flight?: InFlight;
}

export const noneWithheld: Withheld = {
  ...{ offline: 0, busy: 0, backing_off: 0, next_try_at: null },
  ...{ fleet_closed: 0, fleet_opens_at: null, outranked: 0, postponed_until: null },
  ...{ apart: 0, fleets_apart: [], more_urgent: [] },
};

/** Why a rollout does not go on, each with its numbers. */
export type WaitingFor =
  | { reason: 'approval'; wave: number }
  | { reason: 'start_time'; at: string; remaining_s: number }
  | { reason: 'soak'; wave: number; until: string; remaining_s: number }
  | { reason: 'window'; opens_at: string | null; remaining_s: number | null }
  | { reason: 'operator'; since: string; by: string | null; stated: string | null; why: string | null }
  | { reason: 'gate'; since: string; code?: NonNullable<GateDecision['code']>; gate: GateDecision }
  | { reason: 'capacity'; in_flight: number; max_in_flight: number; waiting: number }
  | { reason: 'rate_limit'; told_last_minute: number; max_per_minute: number; waiting: number; next_in_s: number }
  | { reason: 'backoff'; devices: number; next_at: string | null }
  | { reason: 'devices_offline'; devices: number }
  | { reason: 'devices_busy'; devices: number }
  | { reason: 'fleet_window'; devices: number; opens_at: string | null; remaining_s: number | null }
  | { reason: 'window_never_opens'; devices: number; fleets: readonly string[] }
  | { reason: 'more_urgent_rollout'; devices: number; rollouts: readonly MoreUrgent[] }
  | ({ reason: 'devices_in_flight'; devices: number } & Partial<InFlight & { oldest_since: string }>)
  | { reason: 'devices_postponed'; devices: number; next_at: string | null }
  | { reason: 'firmware_revoked'; code: ErrorCode; models: readonly string[] };

/** Everything that a rollout waits for at a time. */
export function waitingFor(rollout: AcceptedRollout, at: Date, withheld: Withheld): WaitingFor[] {
  switch (rollout.status) {
    case 'accepted':
      return [...beforeStart(rollout, at), ...revoked(withheld)];
    case 'paused':
      return [
        ...held(rollout.hold),
        ...revoked(withheld),
        ...inFlight(rollout, withheld),
        ...postponed(rollout, at, withheld),
      ];
    case 'running':
      return [...betweenWaves(rollout, at), ...underWay(rollout, at, withheld)];
    case 'rolling_back':
      return underWay(rollout, at, withheld);
    case 'aborted':
      return [...inFlight(rollout, withheld), ...postponed(rollout, at, withheld)];
    case 'completed':
    case 'rolled_back':
    case 'rollback_incomplete':
      return [];
  }
}

/** It would be asked for no more as it is: whoever starts it, or has it go on, is to know. */
function revoked({ revoked: models = [] }: Withheld): WaitingFor[] {
  return models.length === 0 ? [] : [{ reason: 'firmware_revoked', code: 'firmware-revoked', models }];
}

function underWay(rollout: AcceptedRollout, at: Date, withheld: Withheld): WaitingFor[] {
  return [...inWave(rollout, at, withheld), ...inFlight(rollout, withheld), ...postponed(rollout, at, withheld)];
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

/**
 * Who has paused it, and the gate that is reached: either may have come first. `by`: who is known to have, a team by its source; `stated`: for whom that team says that
 * it asked.
 */
function held({ cause, gate, at, gate_at = at, requested_by, source, reason }: Hold): WaitingFor[] {
  const team = teamOf(source);
  const stated = team === undefined ? null : (requested_by ?? null);
  const byHand = {
    reason: 'operator' as const,
    since: at,
    by: team ?? requested_by ?? null,
    stated,
    why: reason ?? null,
  };
  const byGate = gate && { reason: 'gate' as const, since: gate_at, ...given({ code: gate.code }), gate };
  return [...(cause === 'operator' || !byGate ? [byHand] : []), ...(byGate ? [byGate] : [])];
}

function betweenWaves(rollout: AcceptedRollout, at: Date): WaitingFor[] {
  const ended = lastEnded(rollout);
  const ends = ended === undefined ? 0 : (soakEnds(rollout, ended + 1) ?? 0);
  const soak: WaitingFor[] =
    ended !== undefined && ends > at.getTime()
      ? [{ reason: 'soak', wave: ended, until: new Date(ends).toISOString(), remaining_s: secondsUntil(ends, at) }]
      : [];
  const wave = awaitedApproval(rollout);
  return wave === undefined ? soak : [...soak, { reason: 'approval', wave }];
}

/** What keeps the devices of the waves that run from being told. */
function inWave(rollout: AcceptedRollout, at: Date, withheld: Withheld): WaitingFor[] {
  const stage = rollout.status === 'rolling_back' ? 'rollback' : 'forward';
  const running = wavesIn(rollout, stage).filter(({ status }) => status === 'running');
  const waiting = sumOf(running).waiting;
  if (waiting === 0) return [];
  const { offline, busy, backing_off, next_try_at, fleet_closed, fleet_opens_at: opens_at, outranked } = withheld;
  const { apart, fleets_apart: fleets, more_urgent: rollouts } = withheld;
  const all: (WaitingFor | undefined)[] = [
    // No device would be told when it opens.
    apart < waiting ? closedWindow(rollout, at) : undefined,
    ...limits(rollout, at, waiting - offline - busy - backing_off - fleet_closed - apart - outranked),
    backing_off > 0 ? { reason: 'backoff', devices: backing_off, next_at: next_try_at } : undefined,
    offline > 0 ? { reason: 'devices_offline', devices: offline } : undefined,
    busy > 0 ? { reason: 'devices_busy', devices: busy } : undefined,
    fleet_closed > 0 ? { reason: 'fleet_window', devices: fleet_closed, ...opening(opens_at, at) } : undefined,
    apart > 0 ? { reason: 'window_never_opens', devices: apart, fleets } : undefined,
    outranked > 0 ? { reason: 'more_urgent_rollout', devices: outranked, rollouts } : undefined,
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

function inFlight(rollout: AcceptedRollout, { in_flight }: Withheld): WaitingFor[] {
  const devices = inFlightIn(rollout) - postponedIn(rollout);
  if (devices === 0) return [];
  return [
    { reason: 'devices_in_flight', devices, ...(in_flight && { ...in_flight, oldest_since: in_flight.oldest.since }) },
  ];
}

/** A time that is over says nothing of when the first of them is told again: that is up to whatever else keeps the rollout. */
function postponed(rollout: AcceptedRollout, at: Date, { postponed_until }: Withheld): WaitingFor[] {
  const devices = postponedIn(rollout);
  const isToCome = postponed_until !== null && Date.parse(postponed_until) > at.getTime();
  const next_at = isToCome ? postponed_until : null;
  return devices > 0 ? [{ reason: 'devices_postponed', devices, next_at }] : [];
}
