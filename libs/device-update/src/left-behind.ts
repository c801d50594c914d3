import { refOf, type Decision, type StoredEvent } from '@edgeflow/contracts';
import { nameOf, type UpdateFact } from './answers.js';
import { GOOD_MAX, type DeviceUpdateState, type Left, type OpenUpdate } from './device-update.state.js';

/** With these a rollback has found a device away from what it was to leave. */
const AWAY = ['already-on-target', 'superseded'];

/** The state after a rollback was to take its device from a version, whatever comes of it. */
export function leaving(
  state: DeviceUpdateState,
  event: StoredEvent<'UpdateQueued' | 'UpdateSkipped' | 'UpdateRejected'>,
): DeviceUpdateState {
  const { leaves: version } = event.data;
  if (version === undefined) return state;
  const which = event.type === 'UpdateSkipped' ? foundAway(state, event) : undefined;
  return withLeft(state, { version, ref: refOf(event), ...(which && { which }) });
}

/** Who is away from it already is to stay away. */
function foundAway(
  { last_number: number }: DeviceUpdateState,
  { data }: StoredEvent<'UpdateSkipped'>,
): Left['which'] | undefined {
  const { update_id, device_id, version, rollout_id, wave, attempt, rollback } = data;
  if (!AWAY.includes(data.code) || version === undefined || rollout_id === undefined || number === 0) return undefined;
  return nameOf({ update_id, number, device_id, version, rollout_id, wave, attempt, rollback });
}

/** The state after an update of a rollout has taken its device from a version. */
export function leftBy(state: DeviceUpdateState, { plan }: Exclude<OpenUpdate, { status: 'none' }>): DeviceUpdateState {
  const { leaves, rollout_id } = plan;
  const left = state.left?.find(({ version }) => version === leaves);
  return left && rollout_id !== undefined ? withLeft(state, { ...left, which: nameOf(plan) }) : state;
}

/** What was left behind after a device said what it runs. */
export function leftAfter(state: DeviceUpdateState, event: StoredEvent<'DeviceVersionReported'>): DeviceUpdateState {
  const left = state.left?.find(({ version }) => version === event.data.version);
  return left?.which && !left.lost ? withLeft(state, { ...left, lost: refOf(event) }) : state;
}

/** The state once it stands in the log that the device runs again what an update had taken it from. */
export function forgettingLeft(state: DeviceUpdateState, { data }: StoredEvent<'UpdateReverted'>): DeviceUpdateState {
  const { update_id, runs } = data;
  const left = state.left?.find(({ which, version }) => which?.update_id === update_id && version === runs);
  if (!left) return state;
  return withLeft(state, { version: left.version, ref: left.ref });
}

function withLeft(state: DeviceUpdateState, left: Left): DeviceUpdateState {
  const others = state.left?.filter(({ version }) => version !== left.version) ?? [];
  return { ...state, left: [...others, left].slice(-GOOD_MAX) };
}

/** True while it is to be said that a device runs again what a rollback had left behind. */
export function isBackOnLeft({ left = [] }: DeviceUpdateState): boolean {
  return left.some(({ lost }) => lost !== undefined);
}

/** That a device runs again what a rollback of a rollout had left behind; undefined while there is nothing to say. Once for each end of its way back. */
export function backOnLeft({ left = [] }: DeviceUpdateState): Decision<UpdateFact> | undefined {
  const back = left.find(({ lost }) => lost !== undefined);
  if (!back?.lost || !back.which) return undefined;
  const { version: runs, which, ref, lost } = back;
  const detail = `The rollback had left ${runs} behind, and the device runs it again; nobody told it to.`;
  return {
    facts: [{ type: 'UpdateReverted', data: { ...which, code: 'reverted', detail, runs } }],
    cause: { ...lost, correlation_id: ref.correlation_id },
    key: `${which.update_id}:reverted:${ref.id}`,
  };
}
