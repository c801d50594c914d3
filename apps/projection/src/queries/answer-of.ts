import { unreachable } from '@edgeflow/contracts';
import {
  isAccepted,
  noneWithheld,
  resourceOf,
  stateOf,
  type Withheld,
  type RequestedRollout,
  type Rollout,
} from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import type { AnswerState, RolloutAnswer, RolloutItem } from '../http/rollouts.dto.js';

export type StoredRollout = Pick<RolloutRow, 'rollout_id' | 'version' | 'state'>;

/** The state in the words of an answer; undefined for what is no rollout. */
export function answerState(rollout: Rollout): AnswerState | undefined {
  if (isAccepted(rollout)) return stateOf(rollout);
  return rollout.status === 'none' ? undefined : rollout.status;
}

/**
 * A stored rollout as it is shown. Pure: the time, and what keeps its devices, come in.
 * @returns undefined for a row that only holds what was asked of a rollout that does not exist
 */
export function answerOf(
  row: StoredRollout,
  at: Date,
  withheld: Withheld,
  position: number,
): RolloutAnswer | undefined {
  const { rollout_id, version, state } = row;
  const resource = resourceOf(state, at, withheld);
  // Its members in the order of the empty one: the first of them are fixed.
  if (resource) return { ...emptyAnswer, ...resource, position };
  const nothing = { ...emptyAnswer, rollout_id, version, position };
  if (isAccepted(state)) return undefined; // Never: it has a resource.
  switch (state.status) {
    case 'none':
      return undefined;
    case 'requested': {
      const waiting_for = [{ reason: 'decision' as const }];
      return { ...nothing, state: 'requested', waiting_for, ...askedIn(state.request) };
    }
    case 'rejected': {
      const { code, detail, rejected_at } = state;
      return { ...nothing, state: 'rejected', rejected_at, code, detail, ...askedIn(state.request) };
    }
    default:
      return unreachable(state);
  }
}

/** What was asked for, whatever became of it. */
function askedIn({ request_id, requested_by, source, spec }: Omit<RequestedRollout, 'ref'>) {
  const strategy = spec?.strategy ?? null;
  return { strategy, spec: spec ?? null, request_id, requested_by: requested_by ?? null, source: source ?? null };
}

/** The same in a list, where what keeps single devices is not counted. */
export function itemOf(row: StoredRollout, at: Date, position: number): RolloutItem[] {
  const answer = answerOf(row, at, noneWithheld, position);
  if (!answer) return [];
  const { spec: _spec, ...item } = answer;
  return [item];
}

/** What a rollout shows that was not accepted; the order of the fields is that of an accepted one. */
const emptyAnswer = {
  ...{ rollout_id: '', version: null, state: 'requested', strategy: null, percent: 0, eligible: 0, excluded: {} },
  ...{ waves: [], allowed_actions: [], waiting_for: [], position: 0, succeeded: 0, failed: 0, reverted: 0 },
  warnings: {},
  no_way_back: null,
  ...{
    rollback: null,
    spec: null,
    request_id: null,
    requested_by: null,
    source: null,
    accepted_at: null,
    overlaps: [],
    superseded_by: [],
    rejected_at: null,
    code: null,
    detail: null,
  },
};
