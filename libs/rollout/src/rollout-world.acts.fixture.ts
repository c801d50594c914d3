import { expect } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { allowanceOf } from './allowance.js';
import { isMemberEvent, stageOf } from './member.js';
import { replacedBy } from './placement.js';
import { hasToLast } from './reverts.fixture.js';
import type { StoryFleet } from './rollout-fleet.fixture.js';
import { isUnchangedBy } from './story-checks.fixture.js';
import type { Story } from './story.fixture.js';
import { noneWithheld, waitingFor } from './waiting-for.js';

/** A later rollout takes a device over: whoever waits is not told, and what is not installed yet is withdrawn. */
export function supersedeIn(story: Story, pick: number, installing: ReadonlySet<string>): void {
  const open = story.all('forward').filter(({ status }) => status === 'waiting' || status === 'in_flight');
  const member = open[pick % open.length];
  if (!member || installing.has(member.device_id)) return;
  if (member.status === 'waiting') story.refuse(member.device_id, 'UpdateSkipped', 'superseded');
  else story.cancel(member.device_id, 'superseded');
  expect(story.accepted.superseded_by).toEqual(['rol_later']);
}

/**
 * Somebody takes a device elsewhere that has succeeded. As long as its wave is looked at it is no success any more, and no failure.
 * @returns which, if there is one
 */
export function takeIn(story: Story, pick: number, isHere: (device: string) => boolean): string | undefined {
  const there = story.all('forward').filter(({ status, reverted, device_id }) => {
    return status === 'succeeded' && !reverted && isHere(device_id);
  });
  const member = there[pick % there.length];
  if (!member) return undefined;
  const { device_id, wave } = member;
  if (!hasToLast(story.accepted, wave)) return device_id;
  const before = story.accepted.waves[wave];
  story.refuse(device_id, 'UpdateSkipped', 'superseded');
  expect(story.member(device_id)).toMatchObject({ status: 'skipped', code: 'superseded' });
  expect(story.accepted.waves[wave]?.superseded).toBe((before?.superseded ?? 0) + 1);
  return device_id;
}

/** What a skipped wave has in flight is withdrawn, as long as it is not installed. */
export function withdrawSkipped(story: Story, installing: ReadonlySet<string>): void {
  for (const { device_id, wave: index, status } of story.all('forward')) {
    const wave = story.accepted.waves[index];
    const isSkipped = wave?.status === 'completed' && wave.skipped_at !== undefined;
    if (isSkipped && status === 'in_flight' && !installing.has(device_id)) story.cancel(device_id, 'wave-skipped');
  }
}

/** What a rollout that was stopped, or turned, has in flight is withdrawn, as long as it is not installed. */
export function withdrawStopped(story: Story, installing: ReadonlySet<string>): void {
  const { status } = story.accepted;
  if (status !== 'aborted' && status !== 'rolling_back') return;
  for (const { device_id, stage, status: its } of [...story.members.values()]) {
    if (its !== 'in_flight' || installing.has(device_id)) continue;
    if (status === 'aborted' || stage === 'forward') story.cancel(device_id, 'rollout-aborted', stage);
  }
}

/** Another device comes to the rollout under the id of one that has ended in it. @returns the id; undefined where none has */
export function replaceIn(story: Story, fleet: StoryFleet, pick: number): string | undefined {
  const ended = story.all('forward').filter(({ status }) => status !== 'waiting' && status !== 'in_flight');
  const member = ended[pick % ended.length];
  if (!member) return undefined;
  const { device_id, status } = member;
  const replaces = replacedBy({ ...member, status: status as 'failed' });
  const of = { rollout_id: story.accepted.rollout_id, stage: 'forward' as const, joined: true };
  story.append({
    type: 'RolloutDevicesPlanned',
    data: { ...of, devices: [{ device_id, replaces }], excluded: [] },
  });
  fleet.isNew(device_id);
  return device_id;
}

/** What does not go on says why. */
export function explains({ accepted, at, members }: Story): void {
  const backing_off = [...members.values()].filter(({ not_before }) => not_before !== null).length;
  expect(waitingFor(accepted, at, { ...noneWithheld, backing_off })).not.toEqual([]);
}

/** A device is taken out: what it has open is withdrawn. */
export function takeOutIn(story: Story, pick: number, code: string, takeOut: (device: string) => void): void {
  const members = [...story.members.values()];
  const device = members[pick % members.length]?.device_id;
  if (device === undefined) return;
  takeOut(device);
  for (const { device_id, stage, status } of members) {
    if (device_id === device && status === 'in_flight') story.cancel(device, code, stage);
  }
}

/** Nobody waits for who is gone, in whatever state the rollout is. */
export function departIn(story: Story, fleet: StoryFleet): void {
  for (const { device_id, stage, status } of [...story.members.values()]) {
    const isAwaited = status === 'waiting' && !fleet.isHere(device_id);
    if (isAwaited) story.refuse(device_id, 'UpdateSkipped', 'device-removed', stage);
  }
}

/** Whose turn has come and to whom there is nothing to tell: revoked, or on the version already. */
export function skipNeedless(story: Story, fleet: StoryFleet): void {
  const allowance = allowanceOf(story.rollout, story.at);
  for (const member of story.all(allowance?.stage ?? 'forward')) {
    if (member.status !== 'waiting' || !allowance?.waves.includes(member.wave)) continue;
    const isThere = fleet.runsNew(member) === (allowance.stage === 'forward');
    const code = fleet.isRevoked(member) ? 'device-revoked' : isThere ? 'already-on-target' : undefined;
    if (code !== undefined) story.refuse(member.device_id, 'UpdateSkipped', code, allowance.stage);
  }
}

/** Devices that were away for as long as their wave may wait for them. */
export function expireIn(story: Story, away: ReadonlySet<string>): void {
  const allowance = allowanceOf(story.rollout, story.at);
  for (const { device_id, stage, status, wave } of story.members.values()) {
    if (status !== 'waiting' || stage !== allowance?.stage || !allowance.waves.includes(wave)) continue;
    if (away.has(device_id)) story.refuse(device_id, 'UpdateRejected', 'deadline-exceeded', stage);
  }
}

const ENDS = ['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'] as const;

/** An event of a device comes again: as it was, or as another end of an update that is over. It changes nothing. */
export function hearAgain(story: Story, pick: number, anew: boolean): void {
  const spoken = story.history.filter(({ type }) => type.startsWith('Update'));
  const event = spoken[pick % spoken.length];
  if (!event || !isMemberEvent(event)) return;
  const { update_id, device_id } = event.data;
  const member = story.member(device_id, stageOf(event));
  const isOver = member.update_id !== update_id || !['waiting', 'in_flight'].includes(member.status);
  const isEnd = ENDS.some((end) => end === event.type);
  if (!anew || !isOver || !isEnd) return isUnchangedBy(story, event);
  // Whatever else is said of it then: it has one end.
  const [type = event.type] = ENDS.slice(pick % ENDS.length);
  isUnchangedBy(story, { ...event, type, position: story.history.length + 1 } as StoredEvent);
}
