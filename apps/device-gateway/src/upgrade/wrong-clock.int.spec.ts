import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { TunnelClient, UpgradeRefused, deviceToken } from '@edgeflow/testkit';
import { World, hello, type TestDevice } from '../testing/world.fixture.js';

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
});
