import type { EventOf } from '@edgeflow/contracts';
import {
  countMember,
  endedWait,
  evolveMember,
  isRollbackOver,
  isStoppedBack,
  mayStillFail,
  membersOf,
  retries,
  type AcceptedRollout,
  type Member,
  type MemberEvent,
  type Rollout,
} from '@edgeflow/rollout';

/** The devices of a rollback while a recording is read: whether it is over, and how, is a matter of where they are. */
export class WayBack {
  private readonly members = new Map<string, Member>();

  /** What an event of the rollout means for them. @param rollout as it was before the event */
  operate(rollout: AcceptedRollout, event: EventOf<'rollout'>): void {
    switch (event.type) {
      case 'RolloutDevicesPlanned':
        if (event.data.stage !== 'rollback') return;
        for (const member of membersOf(rollout, event.data, event)) this.members.set(member.device_id, member);
        return;
      case 'RolloutAborted':
        return this.change(isWaiting, event, (member) =>
          endedWait(member, { status: 'cancelled', code: 'rollout-aborted' }),
        );
      case 'RollbackTriggered':
      case 'RolloutRetried':
        if (isRollbackOver(rollout) || isStoppedBack(rollout)) this.tryAgain(event);
        return;
      default:
    }
  }

  /** The rollout after an event of one of them. */
  move(rollout: AcceptedRollout, event: MemberEvent): Rollout {
    const before = this.members.get(event.data.device_id);
    if (!before || event.data.rollout_id !== rollout.rollout_id) return rollout;
    const may = [retries(rollout, 'rollback', before.wave), mayStillFail(rollout, event, before.wave)] as const;
    const after = evolveMember(before, event, rollout.spec, ...may);
    this.members.set(after.device_id, after);
    return countMember(rollout, event, before, after);
  }

  private tryAgain(event: EventOf<'rollout'>): void {
    this.change(isNotBack, event, ({ status, code, attempt }) => ({
      ...{ status: 'waiting', tries_before: attempt, code: status === 'failed' ? code : null },
    }));
  }

  private change(
    which: (member: Member) => boolean,
    { time: changed_at, position }: EventOf<'rollout'>,
    to: (member: Member) => Partial<Member>,
  ): void {
    for (const member of [...this.members.values()].filter(which))
      this.members.set(member.device_id, { ...member, not_before: null, changed_at, position, ...to(member) });
  }
}

function isWaiting({ status }: Member): boolean {
  return status === 'waiting';
}

/** Those that a retry has wait again, also those that were nobody's to bring back and may be let in again. */
function isNotBack({ status, code }: Member): boolean {
  return status === 'failed' || status === 'cancelled' || (status === 'skipped' && code === 'device-revoked');
}
