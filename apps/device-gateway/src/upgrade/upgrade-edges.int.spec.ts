import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { TunnelClient, UpgradeRefused, deviceKeys, deviceToken, type TunnelOptions } from '@edgeflow/testkit';
import { World, type TestDevice } from '../testing/world.fixture.js';

let world: World;
let device: TestDevice;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
  device = await world.device(gateway);
});
afterAll(() => world.stop());

interface Refusal {
  status: number;
  code: unknown;
  retry_after_s: number;
}

async function refusal(at: RunningService, options: Partial<TunnelOptions> = {}): Promise<Refusal> {
  const token = options.token ?? (await deviceToken(device));
  const error = await TunnelClient.open({ origin: at.url, ...options, token }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UpgradeRefused);
  const { status, body, headers } = error as UpgradeRefused;
  return { status, code: (JSON.parse(body) as { code: string }).code, retry_after_s: Number(headers['retry-after']) };
}

describe('a web page', () => {
  it.each(['https://evil.example', 'null', ''])('of origin %j gets no tunnel', async (origin) => {
    expect(await refusal(gateway, { headers: { origin } })).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('gets one when its origin is allowed', async () => {
    const open = await world.gateway({ GATEWAY_ID: 'gw-open', ALLOWED_ORIGINS: 'https://a.example,https://b.example' });
    const [token, headers] = [await deviceToken(device), { origin: 'https://b.example' }];
    await (await TunnelClient.open({ origin: open.url, token, headers })).close();
    const similar = { origin: 'https://b.example.evil' };
    expect((await refusal(open, { headers: similar })).status).toBe(403);
  });
});

describe('a device that asks for tunnels again and again', () => {
  it('is told to wait, whether or not it was let in, and keeps nobody else out', async () => {
    const strict = await world.gateway({ GATEWAY_ID: 'gw-strict', UPGRADES_PER_MINUTE: '3' });
    const [eager, other] = [await world.device(gateway), await world.device(gateway)];
    const { private_key } = await deviceKeys();
    const answers: number[] = [];
    // In the worst case a minute ends in between.
    for (let n = 0; n < 8; n++) {
      const forged = n % 2 === 0;
      const token = await deviceToken(forged ? { ...eager, private_key } : eager);
      const tunnel = await TunnelClient.open({ origin: strict.url, token }).catch((error: unknown) => error);
      if (tunnel instanceof TunnelClient) await tunnel.close();
      answers.push(tunnel instanceof UpgradeRefused ? tunnel.status : 101);
    }
    expect(answers.slice(0, 3)).toEqual([401, 101, 401]);
    expect(answers.filter((status) => status === 429).length).toBeGreaterThanOrEqual(2);
    const told = await refusal(strict, { token: await deviceToken(eager) }).catch(() => undefined);
    if (told) expect(told.retry_after_s).toBeGreaterThan(0);
    await (await TunnelClient.open({ origin: strict.url, token: await deviceToken(other) })).close();
  });
});

describe('a storm of devices', () => {
  it('is sent away above what the gateway can look at, each until another time in the window', async () => {
    const settings = { CONNECTS_PER_S: '1', RECONNECT_MAX_S: '30', UPGRADES_PER_MINUTE: '1000' };
    const small = await world.gateway({ GATEWAY_ID: 'gw-small', ...settings });
    const answers = await Promise.all(Array.from({ length: 24 }, () => refusal(small, { token: 'x.y.z' })));
    const away = answers.filter(({ status }) => status === 503);
    expect(away.length).toBeGreaterThanOrEqual(12);
    expect(away[0]).toMatchObject({ code: 'service-unavailable' });
    const waits = away.map(({ retry_after_s }) => retry_after_s);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });
});
