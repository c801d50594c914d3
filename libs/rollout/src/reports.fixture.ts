import { expect } from 'vitest';
import type { Member } from './member.js';
import type { MemberStatus } from './rollout.state.js';
import type { Story } from './story.fixture.js';

/**
 * How an update goes on: `lost` is a device that is never heard of again, `loops` one that comes up on its old version again and again, `cancelled` one of which
 * somebody takes the update back, by force where it installs.
 */
export type Report = 'succeeded' | 'failed' | 'loops' | 'lost' | 'declined' | 'cancelled' | 'installing' | 'later';

/** What there is no other try after, whatever the policy: it is there, somebody has decided, or its flash wears out. */
const FOR_GOOD: Partial<Record<Report, MemberStatus>> = {
  ...{ succeeded: 'succeeded', loops: 'failed', declined: 'cancelled', cancelled: 'cancelled' },
};

/** A device of which an update is open says how it goes on, or somebody says so for it. */
export function reportIn(story: Story, { device_id, stage }: Member, what: Report, installing: Set<string>): void {
  const isInstalling = installing.has(device_id);
  if (what === 'installing') installing.add(device_id);
  if (what === 'succeeded') story.succeed(device_id);
  if (what === 'failed') story.fail(device_id, 'install-failed', stage);
  if (what === 'loops') story.fail(device_id, 'reboot-loop', stage);
  if (what === 'lost') story.fail(device_id, 'deadline-exceeded', stage);
  if (what === 'declined') story.cancel(device_id, 'declined', stage);
  if (what === 'cancelled') story.cancel(device_id, isInstalling ? 'abandoned' : 'cancelled', stage);
  if (what === 'later' && !isInstalling) story.postpone(device_id, 45, stage);
  if (what !== 'installing' && what !== 'later') installing.delete(device_id);
  const end = FOR_GOOD[what];
  if (end) expect(story.member(device_id, stage).status).toBe(end);
}
