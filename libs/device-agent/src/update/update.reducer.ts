import { FAILURE_MESSAGE_MAX, beginningOf, unreachable, type Phase, type FailureCode } from '@edgeflow/contracts';
import { identityOf, isOfPlan, updateIdOf } from './update.state.js';
import type { Effect, Plan, UpdateEvent, UpdateState } from './update.state.js';

/** The state after an event and what is to be done about it. */
export interface Step {
  state: UpdateState;
  effects: readonly Effect[];
}

/**
 * The update state machine (docs/device-protocol.md), pure. An event that does not belong to the state's update, or comes
 * where it cannot count, changes nothing.
 */
export function reduce(state: UpdateState, event: UpdateEvent): Step {
  if (event.type === 'Offered') return offered(state, event.plan, event.running);
  if (event.type === 'Declined') return declined(state, event.plan, event.message);
  if (event.type === 'Started') return { state, effects: toResume(state) };
  if (event.update_id !== updateIdOf(state)) return unchanged(state);
  switch (state.status) {
    case 'downloading':
      return event.type === 'Downloaded' ? enter('verifying', state.plan) : beforeInstall(state, event);
    case 'verifying':
      if (event.type === 'Mistrusted') return again(state.plan);
      return event.type === 'Verified' ? enter('installing', state.plan) : beforeInstall(state, event);
    case 'installing':
      if (event.type === 'Mistrusted') return again(state.plan);
      return event.type === 'Installed' ? enter('rebooting', state.plan) : sinceInstall(state, event);
    case 'rebooting':
      if (event.type === 'Switched') return { state, effects: [{ type: 'Reboot' }] };
      if (event.type === 'Booted') return installed(state.plan);
      if (event.type === 'Unwell') return rollBack(state.plan, event.message);
      return sinceInstall(state, event);
    case 'rolling-back':
      return rollingBack(state, event);
    case 'failed':
      return event.type === 'Told' ? { state: { ...state, told: true }, effects: [] } : unchanged(state);
    case 'idle':
    case 'installed':
      return unchanged(state);
    default:
      return unreachable(state);
  }
}

type Told = Exclude<UpdateEvent, { type: 'Offered' | 'Declined' | 'Started' }>;
type Working = Extract<UpdateState, { plan: Plan }>;

const unchanged = (state: UpdateState): Step => ({ state, effects: [] });

function offered(state: UpdateState, plan: Plan, running: string): Step {
  return isOfPlan(state, plan) ? offeredAgain(state) : inPlaceOf(state, begin(plan, running));
}

/** What another update than the one that is worked on begins with. */
function inPlaceOf(state: UpdateState, next: Step): Step {
  switch (state.status) {
    case 'installing':
    case 'rebooting':
    case 'rolling-back':
      // Past the point of no return; the cloud offers the newer update again after the reboot.
      return unchanged(state);
    case 'downloading':
    case 'verifying':
      return after({ type: 'Discard', plan: state.plan }, next);
    case 'idle':
    case 'installed':
    case 'failed':
      return next;
    default:
      return unreachable(state);
  }
}

/** What is declined is remembered as failed, so that it is answered when it is offered again. What was begun before the answer goes on. */
function declined(state: UpdateState, plan: Plan, message: string): Step {
  return isOfPlan(state, plan) ? unchanged(state) : inPlaceOf(state, failed(plan, 'declined', message));
}

/**
 * The device may be told the same update twice (docs/device-protocol.md, "Rules that keep a fleet safe"): it does nothing a second time.
 * Of one that is installed the hello of this connection has said all there is; a second hello would only bring the next offer.
 */
function offeredAgain(state: UpdateState): Step {
  if (state.status === 'downloading') return { state, effects: [{ type: 'Download', plan: state.plan }] };
  if (state.status !== 'failed') return unchanged(state);
  const { update_id, code, message } = state;
  return { state, effects: [{ type: 'ReportFailed', update_id, code, message }] };
}

function begin(plan: Plan, running: string): Step {
  return plan.version === running && !plan.force ? installed(plan) : enter('downloading', plan);
}

/** The work of each phase. */
const WORK = { downloading: 'Download', verifying: 'Verify', installing: 'Install', rebooting: 'Restart' } as const;

/** A phase is told before it is begun. */
function enter(phase: Phase, plan: Plan): Step {
  const { update_id } = plan;
  return {
    state: { status: phase, plan },
    effects: [
      { type: 'Report', update_id, phase },
      { type: WORK[phase], plan },
    ],
  };
}

function again(plan: Plan): Step {
  return {
    state: { status: 'downloading', plan },
    effects: [
      { type: 'Discard', plan },
      { type: 'Download', plan },
    ],
  };
}

function installed(plan: Plan): Step {
  return { state: { status: 'installed', ...identityOf(plan) }, effects: [] };
}

/** The reason is in the journal before the slot is switched: what comes after is another boot. */
function rollBack(plan: Plan, message: string): Step {
  return { state: { status: 'rolling-back', plan, message }, effects: [{ type: 'RollBack', plan }] };
}

function rollingBack(state: Extract<UpdateState, { status: 'rolling-back' }>, event: Told): Step {
  const { plan, message } = state;
  if (event.type === 'RolledBack') return failed(plan, 'rolled-back', message, [{ type: 'Reboot' }]);
  if (event.type !== 'BrokeOff') return unchanged(state);
  return failed(plan, 'rolled-back', `${message}; the way back failed: ${event.message}`);
}

function beforeInstall(state: Working, event: Told): Step {
  if (event.type === 'Cancelled')
    return { state: { status: 'idle' }, effects: [{ type: 'Discard', plan: state.plan }] };
  return sinceInstall(state, event);
}

/** From here on a cancel counts no more: the device finishes and reports the truth. */
function sinceInstall(state: Working, event: Told): Step {
  return event.type === 'BrokeOff' ? failed(state.plan, event.code, event.message) : unchanged(state);
}

function failed(plan: Plan, code: FailureCode, words: string, then: readonly Effect[] = []): Step {
  const message = beginningOf(words, FAILURE_MESSAGE_MAX);
  return {
    state: { status: 'failed', ...identityOf(plan), code, message, told: false },
    effects: [{ type: 'ReportFailed', update_id: plan.update_id, code, message }, { type: 'Discard', plan }, ...then],
  };
}

/** What a start goes on with. */
const RESUMED = { verifying: 'Verify', installing: 'Install', rebooting: 'Boot', 'rolling-back': 'RollBack' } as const;

/** What was cut off goes on. A download waits for its offer, which brings a URL. */
function toResume(state: UpdateState): readonly Effect[] {
  if (!('plan' in state) || state.status === 'downloading') return [];
  return [{ type: RESUMED[state.status], plan: state.plan }];
}

function after(first: Effect, { state, effects }: Step): Step {
  return { state, effects: [first, ...effects] };
}
