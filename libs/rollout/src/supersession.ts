import { stageOf, type Member, type MemberEvent } from './member.js';
import { wavesIn, withWaves } from './placement.js';
import { isAccepted, type AcceptedRollout, type Rollout } from './rollout.state.js';

/**
 * True for a rollout that has been started and has not gone back: the devices that it wants are not for older rollouts of the same or a
 * lower priority (docs/rollouts.md, "Two rollouts, one fleet"). One that is only scheduled takes nothing away.
 */
export function claimsDevices(rollout: Rollout): boolean {
  if (!isAccepted(rollout)) return false;
  if (rollout.status === 'paused') return rollout.resumes === 'running';
  return ['running', 'completed', 'aborted', 'rolling_back'].includes(rollout.status);
}

/**
 * The rollout after one of its devices was taken over by a later wish, or is not any more: in which wave, and by which rollout where it was one. One that had failed
 * before is counted as that.
 */
export function withSuperseded(rollout: AcceptedRollout, event: MemberEvent, before: Member, after: Member) {
  const by = 'superseded_by' in event.data ? event.data.superseded_by : undefined;
  const change = Number(isSuperseded(after)) - Number(isSuperseded(before));
  if (change === 0 && (by === undefined || after.status !== 'failed')) return rollout;
  const stage = stageOf(event);
  const waves = wavesIn(rollout, stage).map((wave, n) =>
    n === after.wave && change !== 0 ? { ...wave, superseded: (wave.superseded ?? 0) + change } : wave,
  );
  const { superseded_by: known = [] } = rollout;
  return {
    ...withWaves(rollout, stage, waves),
    ...(by !== undefined && { superseded_by: known.includes(by) ? known : [...known, by].slice(-BY_MAX) }),
  };
}

function isSuperseded({ status, code }: Member): boolean {
  return code === 'superseded' && (status === 'skipped' || status === 'cancelled');
}

/** So many later rollouts are named. */
const BY_MAX = 100;
