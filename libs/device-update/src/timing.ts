import { Refused, given, type Decision, type MaintenanceWindow } from '@edgeflow/contracts';
import type { UpdateFact } from './answers.js';
import type { DecisionContext } from './decision-context.js';
import type { DeviceUpdateState, Hold, OpenUpdate } from './device-update.state.js';

/** The first time from one on at which a window and that of a fleet are open; undefined when they have none in common. */
export type OpensAt = (wanted: { window?: MaintenanceWindow; fleet?: string }, from: Date) => Date | undefined;

/** What a decision on the device's own requests depends on besides: windows. */
export interface TimedContext extends DecisionContext {
  opensAt: OpensAt;
}

/** When something may be told: it names its own window, and keeps to its fleet's. */
type Timing = Pick<Hold, 'window' | 'ignore_window'>;

export type Queued = Extract<OpenUpdate, { status: 'queued' }>;

/** The first time from one on at which the device may be told; undefined when that never comes. */
function opening(
  { registration }: Pick<DeviceUpdateState, 'registration'>,
  { window, ignore_window }: Timing,
  from: Date,
  opensAt: OpensAt,
): Date | undefined {
  const fleet = registration.status === 'unknown' || ignore_window === true ? undefined : registration.fleet;
  return opensAt(given({ window, fleet }), from);
}

/** An update may be asked for a year ahead, in milliseconds: what lies further off is a mistake, and no calendar of ours may have its deadline. */
export const START_AHEAD_MAX_MS = 366 * 86_400_000;
/** Who looked at a request did so by another clock, in milliseconds: so much further off is refused where nobody looked. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** When a requested update may be told first, from now on. */
export function firstOpening(
  state: DeviceUpdateState,
  { start_at, ...timing }: Timing & { start_at?: string },
  { at, opensAt }: Pick<TimedContext, 'at' | 'opensAt'>,
): Date | Refused {
  const ahead_ms = start_at === undefined ? 0 : Date.parse(start_at) - at.getTime();
  if (ahead_ms > START_AHEAD_MAX_MS + CLOCKS_DIFFER_MS) {
    return new Refused('invalid-request', 'start_at must be at most a year ahead');
  }
  const from = new Date(Math.max(at.getTime(), start_at === undefined ? 0 : Date.parse(start_at)));
  return opening(state, timing, from, opensAt) ?? new Refused('window-never-opens');
}

/** What a queued update waits for besides its device, as rows are chosen by it; undefined for nothing: it is told as soon as the device is there. */
export function timingOf({ update, registration }: DeviceUpdateState): (Hold & { fleet?: string }) | undefined {
  if (update.status !== 'queued' || !update.hold) return undefined;
  const { hold } = update;
  const fleet = registration.status === 'unknown' || hold.ignore_window === true ? undefined : registration.fleet;
  const isTimed = hold.start_at !== undefined || hold.window !== undefined || fleet !== undefined;
  return isTimed ? { ...hold, ...given({ fleet }) } : undefined;
}

/** True while a queued update may be told: not before its start, and only while its windows are open. */
export function mayBeTold(state: DeviceUpdateState, { hold }: Queued, { at, opensAt }: TimedContext): boolean {
  if (!hold) return true;
  if (hold.start_at !== undefined && Date.parse(hold.start_at) > at.getTime()) return false;
  return opening(state, hold, at, opensAt)?.getTime() === at.getTime();
}

/**
 * Until when a queued update has time, in milliseconds since 1970, by the windows as they are now: it counts from when it can be told first. Undefined
 * where that says no more than its deadline does.
 */
function movedTo(state: DeviceUpdateState, { hold, due_at }: Queued, opensAt: OpensAt) {
  if (!hold) return undefined;
  const first = opening(state, hold, new Date(hold.from), opensAt);
  if (!first || first.toISOString() === hold.from) return undefined;
  const ends = first.getTime() + hold.allowed_ms;
  return ends > Date.parse(due_at) ? { not_before: first.toISOString(), ends } : undefined;
}

/** The deadline of a queued update that is told now, where its windows were moved or taken away since it was accepted. */
export function deadlineOf(
  state: DeviceUpdateState,
  update: Queued,
  { at, opensAt }: Pick<TimedContext, 'at' | 'opensAt'>,
): { deadline_at?: string } {
  const ends = movedTo(state, update, opensAt)?.ends ?? toldSooner(update, at);
  return ends === undefined ? {} : { deadline_at: new Date(ends).toISOString() };
}

/** Until when an update has time that is told before the opening that its deadline counts from, in milliseconds since 1970; undefined where it is not. */
function toldSooner({ hold, due_at }: Queued, at: Date): number | undefined {
  if (!hold) return undefined;
  const opening = Date.parse(due_at) - hold.allowed_ms;
  const isSooner = opening > Date.parse(hold.from) && at.getTime() < opening;
  return isSooner ? at.getTime() + hold.allowed_ms : undefined;
}

/** A queued update that is past its deadline has more time where its windows were moved and it can be told later than it was taken to be. */
export function rescheduled(state: DeviceUpdateState, { at, opensAt }: TimedContext): Decision<UpdateFact> | undefined {
  const { update } = state;
  if (update.status !== 'queued' || Date.parse(update.due_at) > at.getTime()) return undefined;
  const moved = movedTo(state, update, opensAt);
  if (!moved || moved.ends <= at.getTime()) return undefined;
  const { update_id, number, device_id } = update.plan;
  const deadline_at = new Date(moved.ends).toISOString();
  const data = { update_id, number, device_id, not_before: moved.not_before, deadline_at };
  return { facts: [{ type: 'UpdateRescheduled', data }], cause: update.ref, key: `${update_id}:until:${deadline_at}` };
}
