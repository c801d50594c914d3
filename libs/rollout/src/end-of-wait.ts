import { moved } from './counts.js';
import type { MemberStatus, Wave } from './rollout.state.js';

/** Where a device is, and why. */
interface Standing {
  status: MemberStatus;
  code: string | null;
}

/** How the wait of a device ends that nobody will tell any more. */
type Left = 'cancelled' | 'skipped';

/** True for a device that has failed and waits for another try: without one it has failed, with the code of its own. */
export function isRetrying({ status, code }: Standing): boolean {
  return status === 'waiting' && code !== null;
}

/** A device that waits, once nobody is told any more. @param left how one ends that has not failed, and why */
export function endedWait(member: Standing, left: { status: Left; code: string }): Standing {
  return isRetrying(member) ? { status: 'failed', code: member.code } : left;
}

/** A wave once none of its devices is told any more. */
export function withoutWaiting(wave: Wave, left: Left): Wave {
  const { counts, retrying = 0 } = wave;
  const ended = moved(moved(counts, 'waiting', 'failed', retrying), 'waiting', left, counts.waiting - retrying);
  return { ...wave, counts: ended, ...(retrying > 0 && { retrying: 0 }) };
}
