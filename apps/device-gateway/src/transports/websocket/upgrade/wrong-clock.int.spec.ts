import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { updateStream, type StoredEvent } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { TunnelClient, UpgradeRefused, deviceToken } from '@edgeflow/testkit';
import { GatewayProcess } from '../../../testing/gateway-process.fixture.js';
import { World, hello, type TestDevice } from '../../../testing/world.fixture.js';

const HOUR_MS = 3_600_000;
let world: World;
let gateway: RunningService;
let device: TestDevice;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
  device = await world.device(gateway);
});
afterEach(() => void vi.useRealTimers());
afterAll(() => world.stop());

describe.each([-HOUR_MS, HOUR_MS])('a gateway whose clock is %i ms ahead', (ahead_ms) => {
  it('lets in whose token is in force by the time of the log, and tells that time', async () => {
    const right = Date.now();
    const iat = Math.floor(right / 1000);
    vi.useFakeTimers({ toFake: ['Date'], now: right + ahead_ms });
    const token = await deviceToken(device, { iat, exp: iat + 300 });
    const tunnel = await TunnelClient.open({ origin: gateway.url, token });
    tunnel.send(hello());
    const { server_time } = await tunnel.next('welcome');
    expect(Math.abs(Date.parse(server_time) - right)).toBeLessThan(HOUR_MS / 2);
    await tunnel.close();
  });

  it('refuses whose token is in force by its own', async () => {
    const wrong = Date.now() + ahead_ms;
    const iat = Math.floor(wrong / 1000);
    vi.useFakeTimers({ toFake: ['Date'], now: wrong });
    const token = await deviceToken(device, { iat, exp: iat + 300 });
    await expect(TunnelClient.open({ origin: gateway.url, token })).rejects.toBeInstanceOf(UpgradeRefused);
  });

  it('tells the time of the log on its other routes too', async () => {
    const right = Date.now();
    const iat = Math.floor(right / 1000) - 3 * 3_600;
    vi.useFakeTimers({ toFake: ['Date'], now: right + ahead_ms });
    const authorization = `Bearer ${await deviceToken(device, { iat, exp: iat + 300 })}`;
    for (const path of ['/devices', `/devices/${device.device_id}/key`]) {
      const response = await fetch(`${gateway.url}/gateway/v1${path}`, { method: 'POST', headers: { authorization } });
      const { server_time } = (await response.json()) as { server_time: string };
      expect(response.status).toBe(401);
      for (const time of [server_time, response.headers.get('date') ?? ''])
        expect(Math.abs(Date.parse(time) - right)).toBeLessThan(HOUR_MS / 2);
    }
  });
});

describe.each([-HOUR_MS, HOUR_MS])('a gateway on a machine whose clock is %i ms ahead', (ahead_ms) => {
  it('hands out URLs that the store takes, and stamps what it writes by the log', async () => {
    const insecure = { S3_PUBLIC_ENDPOINT: undefined, S3_ALLOW_INSECURE_DOWNLOADS: 'true' };
    const GATEWAY_ID = `gw-${ahead_ms}`;
    const wrong = new GatewayProcess(world.environment({ ...insecure, GATEWAY_ID }), ahead_ms);
    try {
      const tunnel = await world.connected({ url: await wrong.url() }, device);
      const { data } = await world.dispatch(device);
      const { url, url_expires_at, update_id } = await tunnel.next('update');
      const image = await fetch(url);
      expect([image.status, (await image.arrayBuffer()).byteLength]).toEqual([200, data.size]);
      expect(Math.abs(Date.parse(url_expires_at) - Date.now() - HOUR_MS)).toBeLessThan(HOUR_MS / 2);
      tunnel.send({ type: 'url', update_id });
      expect((await fetch((await tunnel.next('url')).url)).status).toBe(200);
      const written = (await world.all(device, 'DeviceConnected')).at(-1)!;
      expect(written.data.gateway_id).toBe(GATEWAY_ID);
      expect(Math.abs(Date.parse(written.time) - Date.now())).toBeLessThan(HOUR_MS / 2);
      await world.end(await lastDispatch(), 'UpdateCancelled');
      await tunnel.next('cancel');
      await tunnel.close();
    } finally {
      await wrong.kill();
    }
  });
});

const lastDispatch = async () => (await world.log.read(updateStream(device))).at(-1) as StoredEvent<'UpdateDispatched'>;
