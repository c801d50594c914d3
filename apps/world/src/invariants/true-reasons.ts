import { within } from './invariant.js';
import type { LogFacts, OpenUpdate, RolloutFacts } from './rollout-facts.js';

/** Why a rollout says that it does not go on, with its numbers. */
export type SaidReason = { reason: string } & Readonly<Record<string, unknown>>;

/** A rollout as its resource says it stands. */
export interface Standing {
  rollout_id: string;
  state: string;
  waiting_for: readonly SaidReason[];
}

/** In these a rollout has something to do, or somebody has something to do for it. */
const OPEN: readonly string[] = ['scheduled', 'awaiting_approval', 'running', 'paused', 'rolling_back'];
/** A limit of devices in a minute frees a place within so many seconds. */
const RATE_WINDOW_S = 60;

interface Seen {
  log: LogFacts;
  facts: RolloutFacts;
  org: string;
  /** What is before this was missed. */
  now_ms: number;
}

type Truth = (said: SaidReason, seen: Seen) => boolean;

/** What each reason stands on. A reason that is new has to be thought of here. */
const TRUTHS: Readonly<Record<string, Truth>> = {
  approval: (_, { facts }) => facts.spec.approval === 'start' || facts.spec.approval === 'every_wave',
  start_time: ({ at }, { facts, now_ms }) => at === facts.spec.start_at && isToCome(at, now_ms),
  soak: ({ until }, { now_ms }) => isToCome(until, now_ms),
  window: ({ opens_at }, { facts, now_ms }) => facts.spec.window !== undefined && isToCome(opens_at, now_ms, true),
  operator: (_, { facts }) => facts.isHeldByHand,
  gate: (_, { facts }) => facts.isHeldByGate,
  capacity: ({ max_in_flight }, { facts }) => updatesOf(facts).length >= Number(max_in_flight),
  rate_limit: ({ next_in_s }) => Number(next_in_s) <= RATE_WINDOW_S,
  backoff: ({ next_at }, { now_ms }) => isToCome(next_at, now_ms, true),
  devices_offline: ({ devices }, { log, facts }) =>
    [...facts.devices].filter((device) => !log.online.has(device)).length >= Number(devices),
  devices_busy: ({ devices }, { log, facts }) =>
    [...facts.devices].filter((device) => log.busy.has(device)).length >= Number(devices),
  fleet_window: ({ opens_at }, { log, org, now_ms }) =>
    [...log.windows].some(([fleet, isSet]) => isSet && fleet.startsWith(`${org}/`)) && isToCome(opens_at, now_ms, true),
  window_never_opens: ({ devices }) => Number(devices) > 0,
  more_urgent_rollout: (said, { log, facts, org }) => isOutranked(said, log, facts, org),
  devices_in_flight: ({ devices }, { facts, now_ms }) => {
    const open = updatesOf(facts).filter(({ deadline_ms }) => deadline_ms >= now_ms);
    return open.length >= Number(devices);
  },
  devices_postponed: ({ devices }, { facts }) =>
    updatesOf(facts).filter(({ until_ms }) => until_ms !== undefined).length >= Number(devices),
  firmware_revoked: (_, { log, facts, org }) => log.revoked.has(within({ org }, facts.spec.version)),
};

export interface Asked {
  org: string;
  log: LogFacts;
  now: Date;
  /** What may pass until something that is due is done. */
  grace_ms: number;
  /** Nothing is under way any more: between one thing and the next a rollout waits for nothing. Default: true. */
  isStill?: boolean;
}

/**
 * What is wrong with what a rollout says that it waits for, a line each: nothing at all, though it is open; something that is not so; a time
 * that is over.
 */
export function reasonFaults(
  { rollout_id, state, waiting_for }: Standing,
  { org, log, now, grace_ms, isStill = true }: Asked,
): string[] {
  const facts = log.rollouts.get(within({ org }, rollout_id));
  if (!facts) return [`${rollout_id} is ${state}, and the log has never accepted it`];
  if (isStill && waitsForNothing({ state, waiting_for })) return [`${rollout_id} is ${state}, and waits for nothing`];
  const seen = { log, facts, org, now_ms: now.getTime() - grace_ms };
  return waiting_for.flatMap((said) =>
    TRUTHS[said.reason]?.(said, seen) ? [] : [`${rollout_id} is ${state}, and this is not so: ${JSON.stringify(said)}`],
  );
}

/** As for a moment between one thing and the next, e.g. when a window has opened and its devices are about to be told. */
export function waitsForNothing({ state, waiting_for }: Pick<Standing, 'state' | 'waiting_for'>): boolean {
  return OPEN.includes(state) && waiting_for.length === 0;
}

function updatesOf({ open }: RolloutFacts): OpenUpdate[] {
  return [...open.values()];
}

/** @param isOptional where no time is known, somebody has to do something first */
function isToCome(time: unknown, now_ms: number, isOptional = false): boolean {
  if (time === null) return isOptional;
  return typeof time === 'string' && Date.parse(time) >= now_ms;
}

function isOutranked({ rollouts }: SaidReason, log: LogFacts, { spec }: RolloutFacts, org: string): boolean {
  const named = Array.isArray(rollouts) ? (rollouts as { rollout_id: string }[]) : [];
  return (
    named.length > 0 &&
    named.every(({ rollout_id }) => {
      const other = log.rollouts.get(within({ org }, rollout_id));
      return other !== undefined && (other.spec.priority ?? 0) > (spec.priority ?? 0);
    })
  );
}
