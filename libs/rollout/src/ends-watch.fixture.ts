import { expect } from 'vitest';
import type { Stage } from '@edgeflow/contracts';
import type { Member } from './member.js';
import type { MemberStatus } from './rollout.state.js';
import type { Story } from './story.fixture.js';

/** Looks after the ends of devices: an end is an end, but for those that somebody has try again, and for who does not stay where it was brought, found, or counted. */
export class EndsWatch {
  private readonly statuses = new Map<string, MemberStatus>();

  constructor(private readonly attempts: number) {}

  /** Somebody has them try again: forward the failed, on the way back all that are not back. */
  areRetried(story: Story, stage: Stage): void {
    const again: readonly MemberStatus[] = stage === 'forward' ? ['failed'] : ['failed', 'cancelled'];
    for (const [key, status] of this.statuses) {
      const isOut = stage === 'rollback' && status === 'skipped' && story.members.get(key)?.status === 'waiting';
      if (key.startsWith(stage) && (isOut || again.includes(status))) this.statuses.delete(key);
    }
  }

  /** Another device has the id, and has not ended. */
  isReplaced(device_id: string): void {
    this.statuses.delete(`forward/${device_id}`);
  }

  /** Ends are kept, and tries are counted. */
  areKept(story: Story): void {
    for (const [key, member] of story.members) {
      const before = this.statuses.get(key);
      const hadEnded = before !== undefined && before !== 'waiting' && before !== 'in_flight';
      if (hadEnded && !isLost(before, member)) expect(member.status).toBe(before);
      this.statuses.set(key, member.status);
      expect(member.attempt - member.tries_before).toBeLessThanOrEqual(this.attempts + 1);
    }
  }
}

function isLost(before: MemberStatus, { status, code, reverted }: Member): boolean {
  const isTaken = before === 'succeeded' && status === 'skipped' && code === 'superseded';
  return isTaken || (reverted && (before === 'succeeded' || before === 'skipped'));
}
