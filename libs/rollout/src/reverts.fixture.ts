import { expect } from 'vitest';
import type { Member } from './member.js';
import { wavesIn } from './placement.js';
import type { StoryFleet } from './rollout-fleet.fixture.js';
import { isSkipped, type AcceptedRollout } from './rollout.state.js';
import type { Story } from './story.fixture.js';

/** True while a success has to last to be one: from the start of its wave until one behind it starts that nobody skips, or the rollout is over. */
export function hasToLast({ status, waves }: AcceptedRollout, index: number): boolean {
  if (status !== 'running' && status !== 'paused') return false;
  if (waves[index]?.status === 'running') return true;
  const begun = waves.findLastIndex((wave) => wave.status !== 'pending' && !isSkipped(wave));
  return waves[index]?.status === 'completed' && index >= begun && waves.every((wave) => wave.status !== 'running');
}

/** A device that has succeeded does not keep its version: a failure while its wave may still fail, and counted in any case. */
export function revertIn(story: Story, pick: number, isHere: (device: string) => boolean): void {
  const kept = [...story.members.values()].filter(({ status, reverted }) => status === 'succeeded' && !reverted);
  const there = kept.filter(({ device_id }) => isHere(device_id));
  const member = there[pick % there.length];
  if (!member) return;
  const { device_id, stage, wave } = member;
  const back = story.accepted.status === 'rolling_back' ? 'waiting' : 'failed';
  const forward = hasToLast(story.accepted, wave) ? 'failed' : 'succeeded';
  const status = stage === 'rollback' ? back : forward;
  const before = wavesIn(story.accepted, stage)[wave]?.reverted ?? 0;
  story.revert(device_id, stage);
  expect(story.member(device_id, stage)).toMatchObject({ status, code: 'reverted' });
  expect(wavesIn(story.accepted, stage)[wave]?.reverted).toBe(before + 1);
}

/** A device that is to be brought back has gone back by itself, or somebody else has brought it elsewhere. */
export function leaveIn(story: Story, fleet: StoryFleet, pick: number): void {
  const waiting = story.all('rollback').filter(({ status }) => status === 'waiting');
  const device = chosen(waiting, fleet, pick);
  if (device === undefined) return;
  fleet.goesAway(device);
  if (pick % 2 === 1) story.refuse(device, 'UpdateSkipped', 'superseded', 'rollback');
}

const AWAY = ['already-on-target', 'superseded'];

/** One that the rollback has found away boots the version again: it is brought back once more while that lasts, and is not back otherwise. */
export function bootsAgainIn(story: Story, fleet: StoryFleet, pick: number): void {
  const away = story.all('rollback').filter(({ status, code }) => status === 'skipped' && AWAY.includes(code ?? ''));
  const device = chosen(away, fleet, pick);
  if (device === undefined) return;
  const { reverted } = story.member(device, 'rollback');
  const isAgain = story.accepted.status === 'rolling_back' && !reverted;
  story.revert(device, 'rollback');
  expect(story.member(device, 'rollback')).toMatchObject({ status: isAgain ? 'waiting' : 'failed', reverted: true });
}

function chosen(members: readonly Member[], fleet: StoryFleet, pick: number): string | undefined {
  const here = members.filter(({ device_id }) => fleet.isHere(device_id));
  return here[pick % here.length]?.device_id;
}
