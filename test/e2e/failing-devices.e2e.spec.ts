import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Rollouts, type FailureGroup, type Member } from './rollouts.harness.js';
import type { DeviceRecord } from './scripted-device.js';
import type { FleetDevice } from './tunnel-fleet.js';

let rollouts: Rollouts;

beforeAll(async () => {
  rollouts = await Rollouts.start();
});
afterAll(() => rollouts.dispose());
afterEach(() => {
  expect(rollouts.errors).toEqual([]);
  rollouts.hangUp();
});

interface Counted {
  attempts_on_version: number;
}

const recordOf = async ({ id }: FleetDevice) => (await rollouts.query<DeviceRecord & Counted>(`devices/${id}`)).body;
const whyOf = async ({ id }: FleetDevice) =>
  (await rollouts.query<{ items: { type: string; text: string }[] }>(`devices/${id}/why`)).body.items;

/** A rollout of 2.0.0 over one device that says nothing once it is told. */
async function toldSilently(name: string, more: object = {}) {
  const fleet = await rollouts.fleet(name);
  const [device] = await fleet.join([`${name}_1`]);
  fleet.script = () => 'silent';
  const body = { version: '2.0.0', target: { fleet: name }, strategy: { type: 'all_at_once' }, ...more };
  const id = await rollouts.start(body, 1);
  await expect.poll(() => fleet.told.length, { timeout: 30_000 }).toBe(1);
  return { fleet, device: device!, body, id };
}

/** What the device hears until a frame that it provokes is answered: everything before that has come. */
async function heard({ tunnel }: FleetDevice): Promise<string[]> {
  tunnel?.send({ type: 'url', update_id: 'upd_none' });
  await tunnel?.next('error');
  return tunnel?.frames.map(({ type }) => type) ?? [];
}

describe('a device that falls back to its old version without a word', () => {
  it('has failed at its third new boot, whatever the retry policy, and later failures are counted with it', async () => {
    const { fleet, device, body, id } = await toldSilently('wears', { retry: { attempts: 5, backoff_s: 0 } });
    for (let boot = 1; boot <= 3; boot++) {
      // A boot in which it was not told does not count.
      await expect.poll(() => device.offers.length, { timeout: 30_000 }).toBe(boot);
      await device.reboot('1.0.0');
    }
    const ended = await rollouts.reaches(id, 'completed');
    expect(ended.waves[0]).toMatchObject({ failed: 1, queued: 0, in_flight: 0 });
    expect(await rollouts.members(id)).toMatchObject([{ status: 'failed', code: 'reboot-loop', attempt: 1 }]);
    expect(device.updates).toHaveLength(1);
    expect(device.offers.length).toBeLessThanOrEqual(4);
    await device.reboot('1.0.0');
    expect(await heard(device)).not.toContain('update');

    fleet.script = () => ({ fails: 'install-failed' });
    const again = await rollouts.start({ ...body, retry: { attempts: 0, backoff_s: 0 } }, 1);
    expect(await rollouts.reaches(again, 'completed')).toMatchObject({ failed: 1 });
    expect(await recordOf(device)).toMatchObject({ ota_status: 'failed', attempts_on_version: 2 });
    const [member] = (await rollouts.members(again)) as (Member & Counted)[];
    expect(member).toMatchObject({ status: 'failed', code: 'install-failed', attempt: 1, attempts_on_version: 2 });
    const [group] = (await rollouts.failures(again)) as (FailureGroup & Counted)[];
    expect(group).toMatchObject({ code: 'install-failed', devices: 1, attempts_on_version: 2 });
  });
});

describe('a device that comes up on a third version', () => {
  it('has failed by a code of its own, which names that version', async () => {
    const { device, id } = await toldSilently('strays');
    await device.reboot('1.5.0');
    expect(await rollouts.reaches(id, 'completed')).toMatchObject({ failed: 1, succeeded: 0 });
    expect((await rollouts.failures(id)).map(({ code }) => code)).toEqual(['came-back-on-another-version']);
    const record = await recordOf(device);
    expect(record).toMatchObject({
      ...{ ota_status: 'failed', current_version: '1.5.0', drifted: true },
      failure: { code: 'came-back-on-another-version', detail: expect.stringContaining('1.5.0') as string },
    });
    const [newest] = await whyOf(device);
    expect(newest).toMatchObject({ type: 'UpdateFailed', text: expect.stringContaining('1.5.0') as string });
    expect(await heard(device)).not.toContain('update');
  });
});
