import type { Stage, StoredEvent } from '@edgeflow/contracts';
import { endedWait } from './end-of-wait.js';
import type { Member } from './member.js';
import { membersOf } from './placement.js';
import { wavesAnew } from './replan.js';
import { isRollbackOver, isStoppedBack, type AcceptedRollout } from './rollout.state.js';

export const keyOf = (stage: Stage, device_id: string) => `${stage}/${device_id}`;

/** The members of a story, and who cannot be brought back. */
interface Members {
  readonly members: Map<string, Member>;
  readonly withoutWay: Set<string>;
  all(stage: Stage): Member[];
}

/** What an event of a rollout's own does to its members, as the rows have it: to those that it plans, or to many at once. */
export function changeMembers(story: Members, rollout: AcceptedRollout, event: StoredEvent): void {
  const { members } = story;
  const { position, time: changed_at } = event;
  const change = (status: Member['status'], fits: (member: Member) => boolean, more: Partial<Member>) => {
    for (const [key, member] of members) {
      if (fits(member)) members.set(key, { ...member, ...more, status, position, changed_at, not_before: null });
    }
  };
  const waits = ({ status }: Member) => status === 'waiting';
  const tryAgain = (wave: number | undefined) => {
    for (const member of triedAgain(story, rollout, wave)) {
      const code = member.status === 'failed' ? member.code : null;
      change('waiting', (other) => other === member, { tries_before: member.attempt, code });
    }
  };
  const end = (left: Parameters<typeof endedWait>[1], fits: (member: Member) => boolean = waits) => {
    for (const member of [...members.values()].filter(fits)) {
      const { status, code } = endedWait(member, left);
      change(status, (other) => other === member, { code });
    }
  };
  switch (event.type) {
    case 'RolloutDevicesPlanned':
      for (const one of membersOf(rollout, event.data, event)) members.set(keyOf(one.stage, one.device_id), one);
      if (event.data.stage === 'rollback') for (const one of event.data.excluded) story.withoutWay.add(one.device_id);
      return;
    case 'RolloutAborted':
      return end({ status: 'cancelled', code: 'rollout-aborted' });
    case 'RollbackTriggered':
      if (isStoppedBack(rollout)) return tryAgain(undefined);
      return end({ status: 'cancelled', code: 'rollout-rolled-back' });
    case 'WaveSkipped': {
      const { wave } = event.data;
      const left = (member: Member) => waits(member) && member.wave === wave && member.stage === 'forward';
      return end({ status: 'skipped', code: 'wave-skipped' }, left);
    }
    case 'RolloutAmended':
      return shareOutAnew(story, rollout, event);
    case 'RolloutRetried':
      return tryAgain(event.data.wave);
    default:
  }
}

/** Devices that a retry has wait again. Of a rollback, those without a version are looked at anew as well. */
function triedAgain(story: Members, rollout: AcceptedRollout, wave: number | undefined): Member[] {
  const back = isRollbackOver(rollout) || isStoppedBack(rollout);
  if (back) story.withoutWay.clear();
  const isOut = ({ status, code }: Member) => status === 'skipped' && code === 'device-revoked';
  const again = (one: Member) => one.status === 'failed' || (back && (one.status === 'cancelled' || isOut(one)));
  return story.all(back ? 'rollback' : 'forward').filter((one) => again(one) && (wave ?? one.wave) === one.wave);
}

function shareOutAnew(
  story: Members,
  rollout: AcceptedRollout,
  { data, position }: StoredEvent<'RolloutAmended'>,
): void {
  const { from, waves = [] } = data;
  if (from === undefined) return;
  const place = wavesAnew(rollout.waves, waves, from);
  for (const member of story.all('forward').filter(({ wave }) => wave >= from))
    story.members.set(keyOf('forward', member.device_id), { ...place(member), position });
}
