import type { RolloutSpec, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { passStreams, type KeyedTable, type RowSet, type Rows } from '@edgeflow/fold';
import {
  claimsDevices,
  isAccepted,
  isActive,
  isMemberEvent,
  noRollout,
  rolloutOf,
  type Rollout,
} from '@edgeflow/rollout';
import { RolloutRow } from './rollout.row.js';

type RolloutKey = Pick<RolloutRow, 'org' | 'rollout_id'>;
/** The rollouts that a batch is about; one that is not there yet begins as none. */
export type RolloutRows = RowSet<RolloutRow, keyof RolloutKey>;

export const ROLLOUTS: KeyedTable<RolloutRow, keyof RolloutKey> = {
  entity: RolloutRow,
  key: ['org', 'rollout_id'],
  derived: ({ state }) => factsOf(state),
};

/** The rollout that an event is about, as it was before. */
export function rolloutRow(rollouts: RolloutRows, event: StoredEvent): RolloutRow {
  return rollouts.of(rolloutKey(event)) ?? nothingYet(rolloutKey(event), event.position);
}

/**
 * Folds one event; one that was folded already changes nothing. A request that was refused leaves no rollout behind, but the position
 * of the stream that the refusal stands on: without it the next refusal on that stream would conflict for ever.
 */
export function changeRollout(rollouts: RolloutRows, event: StoredEvent, evolve: (state: Rollout) => Rollout): void {
  const row = rolloutRow(rollouts, event);
  if (event.position <= row.position) return;
  const state = evolve(row.state);
  const lane_position = event.entity === 'rollout' ? event.position : row.lane_position;
  // By the event that made it something, however the log is cut into batches.
  const first_position = isNothing(row) ? event.position : row.first_position;
  const next = { ...row, state, lane_position, first_position, position: event.position };
  if (!isNothing(next)) rollouts.put(next);
}

function isNothing({ state, lane_position }: RolloutRow): boolean {
  return state.status === 'none' && state.actions.length === 0 && lane_position === 0;
}

export function rolloutKey(event: StoredEvent): RolloutKey {
  const rollout_id = (isMemberEvent(event) ? event.data.rollout_id : rolloutOf(event)) ?? '';
  return { org: event.org, rollout_id };
}

function nothingYet({ org, rollout_id }: RolloutKey, first_position: number): RolloutRow {
  return {
    ...{ org, rollout_id, ...factsOf(noRollout), state: noRollout },
    ...{ lane_position: 0, first_position, position: 0 },
  };
}

/** Moves rollouts past events of their own streams that nobody reads. */
export async function passRollouts(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  const own = unread.filter(({ entity }) => entity === 'rollout');
  const empty = ({ org, entity_id, position }: UnreadEvent): RolloutRow => ({
    ...nothingYet({ org, rollout_id: entity_id }, position),
    lane_position: position,
  });
  await passStreams(tx, { entity: RolloutRow, empty }, own);
}

function factsOf(state: Rollout): Pick<RolloutRow, 'status' | 'version' | 'priority' | 'active' | 'claims'> {
  const spec = specIn(state);
  const { status } = state;
  const [version, priority] = [spec?.version ?? null, spec?.priority ?? 0];
  return { status, version, priority, active: isActive(state), claims: claimsDevices(state) };
}

function specIn(state: Rollout): RolloutSpec | undefined {
  if (isAccepted(state)) return state.spec;
  return state.status === 'none' ? undefined : state.request.spec;
}
