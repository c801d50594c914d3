import { createHash } from 'node:crypto';
import { deriveId, type DataOf, type EventStream } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import type { TunnelClient } from '@edgeflow/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ORG, World, type TestDevice } from '../../testing/world.fixture.js';

const SHA256 = createHash('sha256').update('a firmware image').digest('hex');
let world: World;
let gateway: RunningService;
let device: TestDevice;
let tunnel: TunnelClient;
let count = 0;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());
beforeEach(async () => {
  device = await world.device(gateway);
  tunnel = await world.connected(gateway, device);
});

/** Releases a firmware and dispatches it, as registry and orchestrator do. @returns the update's id, and how the firmware is revoked */
async function offered() {
  const firmware_id = deriveId('fw', 'revoked', String((count += 1)));
  const stream: EventStream = { org: ORG, entity: 'firmware', entity_id: firmware_id };
  const stated = { firmware_id, model: 'cam-1', models: ['cam-1'], version: '2.0.0', sha256: SHA256, size: 16 };
  const data: DataOf<'FirmwareUploaded'> = {
    ...{ ...stated, sha1: 'b'.repeat(40), md5: 'c'.repeat(32), key: 'x', uploaded_by: 'spec' },
  };
  await world.append(stream, { type: 'FirmwareUploaded', data });
  const dispatch = await world.dispatch(device, { firmware_id });
  const { update_id } = dispatch.data;
  await tunnel.next('update');
  const revocation = { firmware_id, model: 'cam-1', version: '2.0.0', revoked_by: 'spec' };
  const revoke = () => world.append(stream, { type: 'FirmwareRevoked', data: revocation });
  return { dispatch, update_id, revoke };
}

/** Does something at a gateway that knows of the device what the log says. */
async function onAnother(act: (other: RunningService) => Promise<void>): Promise<void> {
  const other = await world.gateway({ GATEWAY_ID: 'gw-2' });
  try {
    await act(other);
  } finally {
    await other.stop();
  }
}

const isUpdate = ({ type }: { type: string }) => type === 'update';

describe('an image that is revoked after its device was told', () => {
  it('is not offered again when the device comes back, and the device is to stop', async () => {
    const { dispatch, update_id, revoke } = await offered();
    await tunnel.close();
    await revoke();
    const again = await world.connected(gateway, device);
    const report = await world.recorded(device, 'DeviceUpdateReported');
    expect(report.data).toMatchObject({ update_id, code: 'firmware-revoked', reported_by: 'gateway' });
    // It may have kept what it was told.
    await world.end(dispatch, 'UpdateCancelled');
    expect(await again.next('cancel')).toMatchObject({ update_id });
    expect(again.frames.some(isUpdate)).toBe(false);
    await again.close();
  });

  it('is offered again to a device whose download had begun, and its link made anew', async () => {
    const { update_id, revoke } = await offered();
    tunnel.send({ type: 'progress', update_id, phase: 'downloading', progress: 10 });
    await world.recorded(device, 'DeviceProgressReported');
    await revoke();
    tunnel.send({ type: 'url', update_id });
    expect(await tunnel.next('url')).toMatchObject({ update_id });
    await tunnel.close();
    const again = await world.connected(gateway, device);
    expect(await again.next('update')).toMatchObject({ update_id });
    again.send({ type: 'url', update_id });
    expect(await again.next('url')).toMatchObject({ update_id });
    await again.close();
    expect(await world.all(device, 'DeviceUpdateReported')).toEqual([]);
  });

  it('is to be stopped also where its device comes to another gateway before its update has ended', async () => {
    const { dispatch, update_id, revoke } = await offered();
    await tunnel.close();
    await revoke();
    const first = await world.connected(gateway, device);
    await world.recorded(device, 'DeviceUpdateReported');
    await first.close();
    await onAnother(async (other) => {
      const again = await world.connected(other, device);
      await world.end(dispatch, 'UpdateCancelled');
      expect(await again.next('cancel')).toMatchObject({ update_id });
      expect(again.frames.some(isUpdate)).toBe(false);
      await again.close();
    });
  });

  it.each(['the same gateway', 'another gateway'])(
    'is offered again by %s after it was put off, since its download had begun before that',
    async (where) => {
      const { dispatch, update_id, revoke } = await offered();
      tunnel.send({ type: 'progress', update_id, phase: 'downloading', progress: 10 });
      await world.recorded(device, 'DeviceProgressReported');
      tunnel.send({ type: 'postpone', update_id, for_s: 60 });
      await world.recorded(device, 'DeviceUpdatePostponed');
      await revoke();
      const again = async (at: RunningService): Promise<void> => {
        if (at !== gateway) await tunnel.close();
        const its = at === gateway ? tunnel : await world.connected(at, device);
        await world.append(dispatch, { type: 'UpdateDispatched', data: { ...dispatch.data, postponed_s: 60 } });
        expect(await its.next('update')).toMatchObject({ update_id });
        await its.close();
      };
      await (where === 'another gateway' ? onAnother(again) : again(gateway));
      expect(await world.all(device, 'DeviceUpdateReported')).toEqual([]);
    },
  );

  it('is not offered after it was put off unbegun, nor where it was revoked before that', async () => {
    const { dispatch, update_id, revoke } = await offered();
    tunnel.send({ type: 'postpone', update_id, for_s: 60 });
    await world.recorded(device, 'DeviceUpdatePostponed');
    await revoke();
    await world.append(dispatch, { type: 'UpdateDispatched', data: { ...dispatch.data, postponed_s: 60 } });
    expect((await world.recorded(device, 'DeviceUpdateReported')).data).toMatchObject({ code: 'firmware-revoked' });
    expect(tunnel.frames.filter(isUpdate)).toHaveLength(1);
    await tunnel.close();
    const next = await world.device(gateway);
    const late = await world.connected(gateway, next);
    const { firmware_id } = dispatch.data;
    await world.dispatch(next, { firmware_id });
    expect((await world.recorded(next, 'DeviceUpdateReported')).data).toMatchObject({ code: 'firmware-revoked' });
    expect(late.frames.some(isUpdate)).toBe(false);
    await late.close();
  });

  it.each([false, true])('has no fresh link for a device that has not begun (put off: %s)', async (isPutOff) => {
    const { dispatch, update_id, revoke } = await offered();
    if (isPutOff) {
      tunnel.send({ type: 'postpone', update_id, for_s: 60 });
      await world.recorded(device, 'DeviceUpdatePostponed');
    }
    await revoke();
    tunnel.send({ type: 'url', update_id });
    expect((await world.recorded(device, 'DeviceUpdateReported')).data).toMatchObject({ code: 'firmware-revoked' });
    expect(tunnel.frames.some(({ type }) => type === 'url')).toBe(false);
    expect(await world.all(device, 'DeviceProgressReported')).toEqual([]);
    await world.end(dispatch, 'UpdateCancelled');
    expect(await tunnel.next('cancel')).toMatchObject({ update_id });
    await tunnel.close();
  });
});
