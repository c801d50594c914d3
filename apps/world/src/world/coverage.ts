import type { StoredEvent } from '@edgeflow/contracts';
import type { Answer } from './answer.js';

/** What shows that a rollout came to something, by the type of an event. */
const SHOWS: Readonly<Record<string, string>> = {
  RolloutCompleted: 'a rollout completed',
  RollbackCompleted: 'a rollout rolled back',
  RolloutAborted: 'a rollout aborted',
  RolloutRejected: 'a rollout rejected',
  RolloutAmended: 'an amendment',
  RolloutRetried: 'another try',
  WaveSkipped: 'a wave skipped',
  RolloutApproved: 'an approval',
  UpdateReverted: 'a device that reverted',
  UpdatePostponed: 'an update put off',
};
const ENDS: Readonly<Record<string, string>> = {
  ...{ UpdateCompleted: 'completed', UpdateFailed: 'failed', UpdateCancelled: 'cancelled' },
  ...{ UpdateSkipped: 'skipped', UpdateRejected: 'rejected' },
};

/** What a history held, for whoever doubts that the world does what it claims: sums over histories show how often each of it comes. */
export function coverageOf(events: readonly StoredEvent[], answers: readonly Answer[]): Map<string, number> {
  const counts = new Map<string, number>([
    ['events', events.length],
    ['answers', answers.length],
  ]);
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const what of new Set(events.flatMap(shownBy))) count(`histories with: ${what}`);
  for (const { type, data } of events) {
    const end = ENDS[type];
    if (end) count(`updates: ${end}`);
    if (type === 'UpdateFailed') count(`failures: ${data.code}`);
  }
  for (const { status, code = '' } of answers) if (status >= 400) count(`refusals: ${code}`);
  return counts;
}

function shownBy({ type, data }: StoredEvent): string[] {
  const shown = SHOWS[type];
  const gate =
    (type === 'RolloutPaused' || type === 'RollbackTriggered' || type === 'RolloutAborted') && data.cause === 'gate';
  const code = 'code' in data ? String(data.code) : '';
  return [
    ...(shown ? [shown] : []),
    ...(gate
      ? [`a gate that ${type === 'RolloutPaused' ? 'paused' : type === 'RolloutAborted' ? 'aborted' : 'rolled back'}`]
      : []),
    ...(code === 'superseded' ? ['something superseded'] : []),
    ...(type === 'UpdateFailed' && code === 'deadline-exceeded' ? ['a deadline'] : []),
  ];
}
