import { expect } from 'vitest';
import type { DataOf, StoredEvent } from '@edgeflow/contracts';
import { allowedActions } from './allowed-actions.js';
import { isMemberEvent, stageOf, wasTold, type Member } from './member.js';
import type { Story } from './story.fixture.js';

/** What the devices of a story really run, which of them were taken out, and which have a version to go back to. */
export class StoryFleet {
  private readonly moved = new Set<string>();
  private readonly revoked = new Set<string>();
  private readonly removed = new Set<string>();
  /** Of which nobody knew a version to go back to, since they were out of service. */
  private readonly unplanned_revoked = new Set<string>();

  hear(event: StoredEvent): void {
    if (!isMemberEvent(event) || (event.type !== 'UpdateCompleted' && event.type !== 'UpdateReverted')) return;
    const { device_id } = event.data;
    const isBack = (stageOf(event) === 'rollback') === (event.type === 'UpdateCompleted');
    if (isBack) this.moved.delete(device_id);
    else this.moved.add(device_id);
  }

  /** One of those whose update did not succeed comes up on the version all the same. */
  comesUpLate(story: Story, pick: number): void {
    const silent = story.all('forward').filter(({ status, deadline_at, device_id }) => {
      const hasEnded = status === 'failed' || status === 'cancelled' || status === 'skipped';
      return (
        hasEnded && wasTold({ deadline_at }) && !story.members.has(`rollback/${device_id}`) && this.isHere(device_id)
      );
    });
    const device = silent[pick % silent.length];
    if (device) this.moved.add(device.device_id);
  }

  /** It runs something else, and nobody of this rollout told it to. */
  goesAway(device: string): void {
    this.moved.delete(device);
  }

  takeOut(device: string): void {
    this.revoked.add(device);
  }

  reinstate(pick: number): void {
    const device = [...this.revoked][pick % this.revoked.size];
    if (device !== undefined) this.revoked.delete(device);
  }

  /** Nothing is left of it: neither what it runs nor that it was revoked. */
  remove(device: string): void {
    this.isNew(device);
    this.removed.add(device);
  }

  /** Whoever has the id now has done nothing yet. */
  isNew(device: string): void {
    this.removed.delete(device);
    this.moved.delete(device);
    this.revoked.delete(device);
  }

  isHere(device: string): boolean {
    return !this.removed.has(device);
  }

  isRevoked({ device_id }: Member): boolean {
    return this.revoked.has(device_id);
  }

  runsNew({ device_id }: Member): boolean {
    return this.moved.has(device_id);
  }

  /** Devices that run the version and are nobody's to leave alone: what a rollback has to bring back. */
  stillOut(story: Story): string[] {
    const left = this.leftOut(story);
    return this.running(story).filter((device) => !left.includes(device));
  }

  /** Devices that run the version, and that were revoked when the rollback would have brought them back, but are not any more. */
  leftOut(story: Story): string[] {
    return this.running(story).filter((device) => {
      const { status, code } = story.members.get(`rollback/${device}`) ?? {};
      const isLeft = (status === 'skipped' || status === 'cancelled') && code === 'device-revoked';
      return isLeft || this.unplanned_revoked.has(device);
    });
  }

  /** Every device is back; who was out of service at the time and is in it again can be brought back. */
  isBack(story: Story): void {
    expect(this.stillOut(story)).toEqual([]);
    if (this.leftOut(story).length > 0) expect(allowedActions(story.rollout)).toContain('retry');
  }

  private running(story: Story): string[] {
    const out = story.all('forward').filter((member) => this.runsNew(member) && !this.isRevoked(member));
    return out.map(({ device_id }) => device_id);
  }

  /** A rollback is what it says: whole when each device that moved is back or taken out, and else it says how many are not. */
  agreesWith(story: Story, { incomplete = 0, codes = {} }: DataOf<'RollbackCompleted'>): void {
    if (incomplete === 0) expect(this.stillOut(story)).toEqual([]);
    expect(Object.values(codes).reduce((sum, n) => sum + n, 0)).toBe(incomplete);
    expect(story.rollout.status).toBe(incomplete === 0 ? 'rolled_back' : 'rollback_incomplete');
  }

  /** Devices that the rollback has not planned yet. */
  unplanned(story: Story): string[] {
    const isOpen = ({ status }: Member): boolean => status === 'waiting' || status === 'in_flight';
    const moved = story.all('forward').filter((member) => !isOpen(member) && this.runsNew(member));
    const planned = new Set([...story.all('rollback').map(({ device_id }) => device_id), ...story.withoutWay]);
    return moved.map(({ device_id }) => device_id).filter((device) => !planned.has(device));
  }

  /** Plans the way back of all of them. @returns how many there were */
  planBack(story: Story): number {
    const devices = this.unplanned(story);
    const cannot = devices.filter((device) => ['dev_0', 'dev_3', 'dev_7'].includes(device));
    const excluded = cannot.map((device_id) => {
      const isRevoked = this.revoked.has(device_id);
      if (isRevoked) this.unplanned_revoked.add(device_id);
      else this.unplanned_revoked.delete(device_id);
      return { device_id, reason: isRevoked ? 'device-revoked' : 'no-good-version' };
    });
    const can = devices.filter((device) => !cannot.includes(device));
    if (devices.length > 0) story.plan('rollback', can, { version: '1.0.0', excluded });
    return devices.length;
  }
}
