import { unreachable } from '@edgeflow/contracts';
import type { FailureCode } from './update-failure.js';
import { identityOf, isSamePlan, updateIdOf } from './update.state.js';
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
  if (event.type === 'Started') return { state, effects: toResume(state) };
  if (event.update_id !== updateIdOf(state)) return unchanged(state);
  switch (state.status) {
    case 'downloading':
      return event.type === 'Downloaded' ? verify(state.plan) : beforeInstall(state, event);
    case 'verifying':
      if (event.type === 'Mistrusted') return again(state.plan);
      return event.type === 'Verified' ? install(state.plan) : beforeInstall(state, event);
    case 'installing':
      if (event.type === 'Mistrusted') return again(state.plan);
      return event.type === 'Installed' ? reboot(state.plan) : sinceInstall(state, event);
    case 'rebooting':
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

type Told = Exclude<UpdateEvent, { type: 'Offered' | 'Started' }>;
type Working = Extract<UpdateState, { plan: Plan }>;

const unchanged = (state: UpdateState): Step => ({ state, effects: [] });

function offered(state: UpdateState, plan: Plan, running: string): Step {
  if (isSamePlan('plan' in state ? state.plan : Object(state), plan)) return offeredAgain(state);
  switch (state.status) {
    case 'installing':
    case 'rebooting':
    case 'rolling-back':
      // Past the point of no return; the cloud offers the newer update again after the reboot.
      return unchanged(state);
    case 'downloading':
    case 'verifying':
      return after([{ type: 'Discard', plan: state.plan }], begin(plan, running));
    case 'idle':
    case 'installed':
    case 'failed':
      return begin(plan, running);
    default:
      return unreachable(state);
  }
}

/**
 * The device may be told the same update twice (DESIGN.md section 8): it does nothing a second time. Of one that is installed
 * the hello of this connection has said all there is; a second hello would only bring the next offer.
 */
function offeredAgain(state: UpdateState): Step {
  switch (state.status) {
    case 'downloading':
      return { state, effects: [{ type: 'Download', plan: state.plan }] };
    case 'failed': {
      const { update_id, code, message } = state;
      return { state, effects: [{ type: 'ReportFailed', update_id, code, message }] };
    }
    case 'idle':
    case 'verifying':
    case 'installing':
    case 'rebooting':
    case 'rolling-back':
    case 'installed':
      return unchanged(state);
    default:
      return unreachable(state);
  }
}

function begin(plan: Plan, running: string): Step {
  if (plan.version === running && !plan.force) return installed(plan);
  const { update_id } = plan;
  return {
    state: { status: 'downloading', plan },
    effects: [
      { type: 'Report', update_id, phase: 'downloading', progress: 0 },
      { type: 'Download', plan },
    ],
  };
}

function verify(plan: Plan): Step {
  const report: Effect = { type: 'Report', update_id: plan.update_id, phase: 'verifying', progress: 0 };
  return { state: { status: 'verifying', plan }, effects: [report, { type: 'Verify', plan }] };
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

function install(plan: Plan): Step {
  const report: Effect = { type: 'Report', update_id: plan.update_id, phase: 'installing', progress: 0 };
  return { state: { status: 'installing', plan }, effects: [report, { type: 'Install', plan }] };
}

function reboot(plan: Plan): Step {
  const report: Effect = { type: 'Report', update_id: plan.update_id, phase: 'rebooting', progress: 0 };
  return { state: { status: 'rebooting', plan }, effects: [report, { type: 'Restart', plan }] };
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

/** A `failed` frame's message has at most so many characters (libs/contracts, tunnel.ts). */
const MESSAGE_MAX = 1_024;

function failed(plan: Plan, code: FailureCode, words: string, then: readonly Effect[] = []): Step {
  const message = words.slice(0, MESSAGE_MAX);
  return {
    state: { status: 'failed', ...identityOf(plan), code, message, told: false },
    effects: [{ type: 'ReportFailed', update_id: plan.update_id, code, message }, { type: 'Discard', plan }, ...then],
  };
}

/** What was cut off goes on. A download waits for its offer, which brings a URL. */
function toResume(state: UpdateState): readonly Effect[] {
  switch (state.status) {
    case 'verifying':
      return [{ type: 'Verify', plan: state.plan }];
    case 'installing':
      return [{ type: 'Install', plan: state.plan }];
    case 'rebooting':
      return [{ type: 'Boot', plan: state.plan }];
    case 'rolling-back':
      return [{ type: 'RollBack', plan: state.plan }];
    case 'idle':
    case 'downloading':
    case 'installed':
    case 'failed':
      return [];
    default:
      return unreachable(state);
  }
}

function after(first: readonly Effect[], { state, effects }: Step): Step {
  return { state, effects: [...first, ...effects] };
}
