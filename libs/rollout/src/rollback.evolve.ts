import { given } from '@edgeflow/contracts';
import { countedIn, inAll, moved, open, sumByReason, sumOf } from './counts.js';
import { isRetrying, withoutWaiting } from './end-of-wait.js';
import type { Member } from './member.js';
import { runningAgain } from './placement.js';
import {
  isRollbackOver,
  rollbackIn,
  type AcceptedRollout,
  type Asked,
  type NotBack,
  type Rollback,
  type Wave,
} from './rollout.state.js';

/** A device that was taken out, or that a later rollout has, is not this rollout's to bring back: it does not keep a rollback from being whole. */
export const NOT_OURS: readonly string[] = ['device-revoked', 'device-removed', 'superseded'];
/** The code of those that may be let in again: whoever was removed never comes back. */
const REVOKED = 'device-revoked';

/** As it is before a device has ended. */
export const allBack: NotBack = { failed: {}, cancelled: {} };

/** Devices that a rollout moved and that are not back, by error code: those that its waves could not bring back, and those without a way. */
export function notBack({ not_back, unavailable }: Pick<Rollback, 'not_back' | 'unavailable'>): Record<string, number> {
  const ours = Object.entries(unavailable).filter(([code]) => !NOT_OURS.includes(code));
  return sumByReason(sumByReason(not_back.failed, not_back.cancelled), Object.fromEntries(ours));
}

/** Devices that were left where they are since they were taken out: they are no failures, and `retry` looks at them again. */
export function revokedIn({ waves, unavailable }: Pick<Rollback, 'waves' | 'unavailable'>): number {
  const ofWaves = waves.reduce((sum, { revoked }) => sum + (revoked ? revoked.skipped + revoked.cancelled : 0), 0);
  return ofWaves + (unavailable[REVOKED] ?? 0);
}

/** The rollout after a device of its rollback went from one status to another. */
export function withNotBack(rollout: AcceptedRollout, before: Member, after: Member): AcceptedRollout {
  const next = changed(rollout, ({ waves, not_back: { failed, cancelled }, retrying, ...rollback }) => {
    const change = (counts: Readonly<Record<string, number>>, codesOf: (member: Member) => string[]) =>
      countedIn(countedIn(counts, codesOf(before), -1), codesOf(after));
    return {
      ...rollback,
      waves: waves.map((wave, index) => (index === after.wave ? withRevoked(wave, before, after) : wave)),
      not_back: { failed: change(failed, failedIn), cancelled: change(cancelled, cancelledIn) },
      retrying: change(retrying, retryingIn),
    };
  });
  // One that was back, and is not any more.
  const isBroken = next.status === 'rolled_back' && inAll(notBack({ ...next.rollback, unavailable: {} })) > 0;
  return isBroken ? { ...next, status: 'rollback_incomplete' } : next;
}

// Who is skipped on the way back is there already, or is not ours.
const failedIn = ({ status, code }: Member): string[] => (status === 'failed' ? [code ?? 'unspecified'] : []);
const cancelledIn = ({ status, code }: Member): string[] =>
  status === 'cancelled' && !NOT_OURS.includes(code ?? '') ? [code ?? 'unspecified'] : [];
const retryingIn = (member: Member): string[] => (isRetrying(member) ? [member.code ?? 'unspecified'] : []);

function withRevoked(wave: Wave, before: Member, after: Member): Wave {
  const { skipped, cancelled } = wave.revoked ?? { skipped: 0, cancelled: 0 };
  const isIn = ({ status, code }: Member, counted: 'skipped' | 'cancelled') =>
    Number(status === counted && code === REVOKED);
  const revoked = {
    skipped: skipped + isIn(after, 'skipped') - isIn(before, 'skipped'),
    cancelled: cancelled + isIn(after, 'cancelled') - isIn(before, 'cancelled'),
  };
  return revoked.skipped + revoked.cancelled > 0 || wave.revoked ? { ...wave, revoked } : wave;
}

/** Devices that cannot be brought back, counted by why. */
export function withUnavailable(rollout: AcceptedRollout, reasons: readonly string[]): AcceptedRollout {
  return changed(rollout, (rollback) => ({ ...rollback, unavailable: countedIn(rollback.unavailable, reasons) }));
}

/** A device that comes late, after its update was withdrawn or had failed, is brought back too. */
export function turnedAgain(rollout: AcceptedRollout): AcceptedRollout {
  const rollback = rollbackIn(rollout);
  return rollback && isRollbackOver(rollout) ? { ...rollout, rollback, status: 'rolling_back' } : rollout;
}

/**
 * `rolled_back` only when every device is back by now: one may have gone since that was decided, so that the event's own numbers are not asked. One that is to be brought
 * back once more keeps it from being over.
 */
export function rollbackCompleted(rollout: AcceptedRollout): AcceptedRollout {
  if (rollout.status !== 'rolling_back' || open(sumOf(rollout.rollback.waves)) > 0) return rollout;
  return { ...rollout, status: inAll(notBack(rollout.rollback)) > 0 ? 'rollback_incomplete' : 'rolled_back' };
}

/** Who is not back waits again, whoever said no too, and those without a way are looked at anew. Of the revoked ones those that still are end at once. */
export function retriedBack(rollout: AcceptedRollout, time: string, retry?: Asked): AcceptedRollout {
  return turnedAgain(
    changed(rollout, (rollback) => ({
      ...rollback,
      waves: rollback.waves.map((wave) => {
        const { failed, cancelled } = wave.counts;
        const { declined: _asked_anew, revoked: { skipped } = { skipped: 0 }, ...rest } = wave;
        if (failed + cancelled + skipped === 0) return wave;
        const ended = moved(moved(wave.counts, 'failed', 'waiting', failed), 'cancelled', 'waiting', cancelled);
        const counts = moved(ended, 'skipped', 'waiting', skipped);
        return runningAgain({ ...rest, counts, retrying: (wave.retrying ?? 0) + failed, ...given({ retry }) }, time);
      }),
      retrying: sumByReason(rollback.retrying, rollback.not_back.failed),
      ...{ unavailable: {}, not_back: allBack },
    })),
  );
}

/** Nobody is told any more: who waited for the way back is not back. */
export function stoppedRollback(rollback: Rollback): Rollback {
  const { waves, retrying, not_back } = rollback;
  const left = sumOf(waves).waiting - inAll(retrying);
  const cancelled = left > 0 ? sumByReason(not_back.cancelled, { 'rollout-aborted': left }) : not_back.cancelled;
  return {
    ...rollback,
    waves: waves.map((wave) => withoutWaiting(wave, 'cancelled')),
    ...{ retrying: {}, not_back: { failed: sumByReason(not_back.failed, retrying), cancelled } },
  };
}

function changed(rollout: AcceptedRollout, change: (rollback: Rollback) => Rollback): AcceptedRollout {
  const rollback = rollbackIn(rollout);
  return rollback ? ({ ...rollout, rollback: change(rollback) } as AcceptedRollout) : rollout;
}
