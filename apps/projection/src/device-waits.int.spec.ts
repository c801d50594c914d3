import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaintenanceWindow } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { happened, storyOf } from './testing/device-story.fixture.js';
import { canary, inRollout, rolloutStory } from './testing/rollout-story.fixture.js';
import { World } from './testing/running-projection.fixture.js';

let world: World;
let projection: RunningService;

beforeAll(async () => {
  world = await World.open();
  projection = await world.start(await world.postgres.freshDatabase());
});
afterAll(() => world.close());

const waits = async (device_id: string, after: number): Promise<unknown> => {
  const { body } = await world.get(projection, `/query/v1/devices/${device_id}/why?after=${after}`);
  return (body as { waiting_for?: unknown }).waiting_for;
};
const daily = (hour: number): MaintenanceWindow => ({ cron: `0 ${hour} * * *`, duration_s: 60, time_zone: 'UTC' });
const windowOf = (fleet: string, hour: number) =>
  happened(
    { org: 'acme', entity: 'request', entity_id: `req_${fleet}_${hour}` },
    { type: 'FleetWindowRequested', data: { fleet, window: daily(hour) } },
  );

describe('a device whose update waits for windows', () => {
  it('hears it when they were moved so that they are never open together', async () => {
    const { tell } = world.writer;
    const device = storyOf('w_1');
    const queued = device.queued(1, '1.1.0');
    await tell(device.registered({ fleet: 'moved' }), device.connected(), device.runs('1.0.0'), windowOf('moved', 3));
    const together = await tell({ ...queued, data: { ...queued.data, window: daily(3) } });
    expect(JSON.stringify(await waits('w_1', together))).not.toContain('window_never_opens');
    const apart = await tell(windowOf('moved', 5));
    expect(await waits('w_1', apart)).toContainEqual(
      expect.objectContaining({ reason: 'window_never_opens', code: 'window-never-opens' }),
    );
  });
});

describe('a device that begins with what it had put off', () => {
  it('works, as it has said, also once it is told again', async () => {
    const device = storyOf('w_2');
    const told = [device.registered(), device.connected(), device.queued(1, '1.1.0'), device.dispatched(1, '1.1.0')];
    const off = [device.putOff(1), device.postponed(1, '1.1.0'), device.progress(1, 90, 'installing')];
    const position = await world.writer.tell(...told, ...off, device.dispatched(1, '1.1.0'));
    expect(await waits('w_2', position)).toMatchObject([
      {
        reason: 'device_working',
        phase: 'installing',
        text: expect.stringContaining('its last word was at') as string,
      },
    ]);
  });
});

describe('a rollout whose image is revoked before it starts', () => {
  it('says so, of the model that it is about', async () => {
    const { tell } = world.writer;
    const story = rolloutStory('req_revoked');
    const spec = { ...canary, version: '4.0.0', start_at: '2099-01-01T00:00:00Z' };
    const about = { firmware_id: 'fw_4', model: 'm1', version: '4.0.0' };
    const firmware = { org: 'acme', entity: 'firmware', entity_id: 'fw_4' } as const;
    const image = { models: ['m1'], sha256: 'a'.repeat(64), size: 1, sha1: 'b'.repeat(40), md5: 'c'.repeat(32) };
    await tell(
      happened(firmware, {
        type: 'FirmwareUploaded',
        data: { ...about, ...image, key: 'firmware/acme/4.0.0/a.bin', uploaded_by: 'spec' },
      }),
    );
    const before = await tell(
      story.requested(spec),
      story.accepted([1], {}, spec),
      story.planned([{ device_id: 'w_1' }]),
    );
    const waiting = async (after: number) => {
      const { body } = await world.get(projection, `/query/v1/rollouts/${story.rollout_id}?after=${after}`);
      return (body as { waiting_for?: unknown }).waiting_for;
    };
    expect(await waiting(before)).toMatchObject([{ reason: 'start_time' }]);
    const after = await tell(happened(firmware, { type: 'FirmwareRevoked', data: { ...about, revoked_by: 'spec' } }));
    expect(await waiting(after)).toMatchObject([
      { reason: 'start_time' },
      { reason: 'firmware_revoked', code: 'firmware-revoked', models: ['m1'] },
    ]);
  });
});

describe('a device that waits in a rollout', () => {
  it('says in which, and for its next try where it has failed', async () => {
    const { tell } = world.writer;
    const story = rolloutStory('req_waits');
    const { rollout_id } = story;
    const spec = { ...canary, retry: { attempts: 1, backoff_s: 60 } };
    const device = storyOf('w_3');
    await tell(device.registered(), device.connected(), device.runs('1.0.0'), story.requested(spec));
    const planned = await tell(story.accepted([1], {}, spec), story.planned([{ device_id: 'w_3' }]), story.started());
    expect(await waits('w_3', planned)).toMatchObject([{ reason: 'rollout', rollout_id, wave: 0, until: null }]);
    const wave = story.waveStarted(0, 1);
    const place = { rollout_id, wave: 0 };
    const failed = await tell(
      wave,
      inRollout(place, device.queued(1, '1.1.0'), wave),
      inRollout(place, device.dispatched(1, '1.1.0'), wave),
      inRollout(place, device.failed(1, '1.1.0'), wave),
    );
    // Its time to try again has come, and the rollout has not told it.
    const code = 'checksum-mismatch';
    expect(await waits('w_3', failed)).toMatchObject([{ reason: 'rollout', rollout_id, wave: 0, code, until: null }]);
  });
});
