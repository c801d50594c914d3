import { unreachable } from '@edgeflow/contracts';
import { isAccepted, noneKept, resourceOf, stateOf, type Kept, type Rollout } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import type { AnswerState, RolloutAnswer, RolloutItem } from './rollout.answer.js';

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
export function answerOf(row: StoredRollout, at: Date, kept: Kept, position: number): RolloutAnswer | undefined {
  const { rollout_id, version, state } = row;
  const resource = resourceOf(state, at, kept);
  if (resource) {
    const { succeeded, failed, rollback, spec, request_id, requested_by, accepted_at, ...first } = resource;
    return {
      ...{ ...first, position },
      ...{ succeeded, failed, rollback, spec, request_id, requested_by, accepted_at },
      ...{ rejected_at: null, code: null, detail: null },
    };
  }
  const nothing = { ...emptyAnswer, rollout_id, version, position };
  if (isAccepted(state)) return undefined; // Never: it has a resource.
  switch (state.status) {
    case 'none':
      return undefined;
    case 'requested': {
      const { request_id, requested_by = null, spec = null } = state.wish;
      const strategy = spec?.strategy ?? null;
      const waiting_for = [{ reason: 'decision' as const }];
      return { ...nothing, state: 'requested', strategy, waiting_for, spec, request_id, requested_by };
    }
    case 'rejected': {
      const { code, detail, rejected_at } = state;
      return { ...nothing, state: 'rejected', rejected_at, code, detail };
    }
    default:
      return unreachable(state);
  }
}

/** The same in a list, where what keeps single devices is not counted. */
export function itemOf(row: StoredRollout, at: Date, position: number): RolloutItem[] {
  const answer = answerOf(row, at, noneKept, position);
  if (!answer) return [];
  const { spec: _spec, ...item } = answer;
  return [item];
}

/** What a rollout shows that was not accepted; the order of the fields is that of an accepted one. */
const emptyAnswer = {
  ...{ rollout_id: '', version: null, state: 'requested', strategy: null, percent: 0, eligible: 0, excluded: {} },
  ...{ waves: [], allowed_actions: [], waiting_for: [], position: 0, succeeded: 0, failed: 0, rollback: null },
  ...{
    spec: null,
    request_id: null,
    requested_by: null,
    accepted_at: null,
    rejected_at: null,
    code: null,
    detail: null,
  },
};
