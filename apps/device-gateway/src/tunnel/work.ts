import { PHASES, type Hello, type Phase, type StoredEvent } from '@edgeflow/contracts';
import type { Dispatch, Effect, Joined, Work } from './tunnel.state.js';

/** The events that end an update (DESIGN.md section 3). */
type EndOfUpdate = StoredEvent<'UpdateCompleted' | 'UpdateFailed' | 'UpdateCancelled'>;

/** What the work becomes, and what that asks for. */
export interface WorkStep {
  work: Work;
  effects: readonly Effect[];
}

/** The work after events of the update lane, in any order. Of several starts only the last one is acted on. */
export function observeAll(start: Work, events: readonly StoredEvent[], hello: Hello, joined: Joined): WorkStep {
  let work = start;
  let effects: readonly Effect[] = [];
  for (const event of events.toSorted((a, b) => a.position - b.position)) {
    const next = observe(work, event, hello, joined);
    if (next.work === work) continue;
    work = next.work;
    effects = [...effects.filter(({ type }) => type === 'send'), ...next.effects];
  }
  return { work, effects };
}

/**
 * The work after one event. What was seen before changes nothing: only a position beyond the last one counts. A lane has at most
 * one open update (DESIGN.md section 3), so any end that is newer than the dispatch ends it, and nothing else does.
 */
function observe(work: Work, event: StoredEvent, hello: Hello, joined: Joined): WorkStep {
  if (event.position <= seenOf(work)) return { work, effects: [] };
  switch (event.type) {
    case 'UpdateDispatched':
      return withBoot(begin(event, hello, joined), event, hello, joined);
    case 'UpdateCompleted':
    case 'UpdateFailed':
    case 'UpdateCancelled':
      return { work: { status: 'idle', seen: event.position }, effects: withdraw(work, event) };
    default:
      return { work, effects: [] };
  }
}

/**
 * Whether a device has rebooted during an update is seen by its boot, which the dispatch names. One that was decided on before the
 * device's newest boot was known names another: then the boot is said again, and stays in the log with the update.
 */
function withBoot(start: WorkStep, dispatch: Dispatch, hello: Hello, joined: Joined): WorkStep {
  const { from_boot_id } = dispatch.data;
  const isKnown = from_boot_id === undefined || from_boot_id === hello.boot_id;
  const isSaid = joined.version_at > dispatch.position;
  if (start.work.status !== 'preparing' || isKnown || isSaid) return start;
  return { work: start.work, effects: [reportOf(dispatch, hello, false), ...start.effects] };
}

function reportOf(dispatch: Dispatch, hello: Hello, proves: boolean): Effect {
  return { type: 'report-version', hello, dispatch, lasting: true, proves };
}

/** Starts on an update: prepares the offer, unless the log holds its outcome. A version that was said before the dispatch is said again, as its proof. */
export function begin(dispatch: Dispatch, hello: Hello, joined: Joined, told = false): WorkStep {
  const { update_id } = dispatch.data;
  const proven = joined.proofs.some((proof) => proof.update_id === update_id && proof.position > dispatch.position);
  if (proven) return { work: { status: 'settled', dispatch, told }, effects: [] };
  if (isOnTarget(dispatch, hello)) {
    const again = joined.version_at < dispatch.position ? [reportOf(dispatch, hello, true)] : [];
    return { work: { status: 'settled', dispatch, told }, effects: again };
  }
  return {
    work: { status: 'preparing', dispatch, told, progress: {} },
    effects: [{ type: 'prepare', dispatch, for: 'offer' }],
  };
}

/** True when the version alone proves success. Where the device ran it before (`force`), it proves nothing. */
export function isOnTarget({ data }: Dispatch, hello: Hello): boolean {
  return hello.version === data.version && data.from_version !== data.version;
}

/** True from `installing` on: after that a reboot decides the update, one way or the other. */
export function isInstalled(phase: Phase): boolean {
  return PHASES.indexOf(phase) >= PHASES.indexOf('installing');
}

function seenOf(work: Work): number {
  return work.status === 'idle' ? work.seen : work.dispatch.position;
}

/** A device that was told of the update and does not know its end is told to stop. */
function withdraw(work: Work, { type, data }: EndOfUpdate): Effect[] {
  if (type === 'UpdateCompleted' || work.status === 'idle' || !work.told) return [];
  const { update_id } = work.dispatch.data;
  return update_id === data.update_id ? [{ type: 'send', frame: { type: 'cancel', update_id } }] : [];
}
