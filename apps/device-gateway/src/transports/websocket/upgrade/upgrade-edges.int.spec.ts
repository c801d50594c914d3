import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { TunnelClient, UpgradeRefused, deviceKeys, deviceToken, type TunnelOptions } from '@edgeflow/testkit';
import { World, type TestDevice } from '../../../testing/world.fixture.js';

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

/** 101 for whom the tunnel is opened for, and closed again. */
async function knock(at: RunningService, token: string, address = '127.0.0.1'): Promise<Refusal> {
  const headers = { 'x-forwarded-for': address };
  const answer = await TunnelClient.open({ origin: at.url, token, headers }).catch((thrown: unknown) => thrown);
  if (answer instanceof TunnelClient) return answer.close().then(() => ({ status: 101, code: '', retry_after_s: 0 }));
  const { status, body, headers: said } = answer as UpgradeRefused;
  return { status, code: (JSON.parse(body) as { code: string }).code, retry_after_s: Number(said['retry-after']) };
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
  it('is told to wait, and keeps nobody else out', async () => {
    const strict = await world.gateway({ GATEWAY_ID: 'gw-strict', UPGRADES_PER_MINUTE: '3' });
    const [eager, other] = [await world.device(gateway), await world.device(gateway)];
    const answers: Refusal[] = [];
    // In the worst case a minute ends in between.
    for (let n = 0; n < 8; n++) answers.push(await knock(strict, await deviceToken(eager)));
    expect(answers.slice(0, 3).map(({ status }) => status)).toEqual([101, 101, 101]);
    const away = answers.filter(({ status }) => status === 429);
    expect(away.length).toBeGreaterThanOrEqual(2);
    expect(away[0]?.retry_after_s).toBeGreaterThan(0);
    expect((await knock(strict, await deviceToken(other))).status).toBe(101);
  });

  it('is not kept out by who claims to be it, from wherever', async () => {
    const strict = await world.gateway({ GATEWAY_ID: 'gw-claimed', UPGRADES_PER_MINUTE: '3' });
    const victim = await world.device(gateway);
    const { private_key } = await deviceKeys();
    const answers: number[] = [];
    for (let n = 0; n < 8; n++)
      answers.push((await knock(strict, await deviceToken({ ...victim, private_key }))).status);
    expect(new Set(answers)).toEqual(new Set([401, 429]));
    expect((await knock(strict, await deviceToken(victim))).status).toBe(101);
  });
});

describe('somebody with bad credentials only', () => {
  const ATTACKER = '203.0.113.7';
  let guarded: RunningService;
  let forged: (device_id: string) => Promise<string>;
  beforeAll(async () => {
    const settings = { GATEWAY_ID: 'gw-guarded', CONNECTS_PER_S: '10', AUTH_FAILURES_PER_MINUTE: '20' };
    guarded = await world.gateway(settings);
    const { private_key } = await deviceKeys();
    forged = (device_id) => deviceToken({ ...device, device_id, private_key });
  });

  /** As fast as it can, until it is stopped. */
  function flood(address: string): () => Promise<number[]> {
    let goesOn = true;
    const run = async (n: number): Promise<number[]> => {
      const statuses: number[] = [];
      for (let k = 0; goesOn; k++) statuses.push((await knock(guarded, await forged(`x-${n}-${k}`), address)).status);
      return statuses;
    };
    const runs = Promise.all(Array.from({ length: 8 }, (_, n) => run(n)));
    return async () => {
      goesOn = false;
      return (await runs).flat();
    };
  }

  it.each([
    ['from another address', '198.51.100.1'],
    ['from the address of the devices', ATTACKER],
  ])('takes no turns of devices, whatever ids it claims, and is told to wait: %s', async (_where, address) => {
    const devices = await Promise.all([1, 2, 3, 4].map(() => world.device(gateway)));
    const stop = flood(ATTACKER);
    while ((await knock(guarded, await forged('probe'), ATTACKER)).status !== 429);
    const statuses: number[] = [];
    for (const one of devices) statuses.push((await knock(guarded, await deviceToken(one), address)).status);
    const answers = await stop();
    expect(statuses).toEqual([101, 101, 101, 101]);
    expect(answers).toContain(429);
    expect(answers.filter((status) => status !== 429).length).toBeLessThanOrEqual(40);
  });

  it('cannot choose the address that it is counted under', async () => {
    const direct = await world.gateway({
      GATEWAY_ID: 'gw-direct',
      AUTH_FAILURES_PER_MINUTE: '5',
      TRUSTED_PROXIES: '10.0.0.0/8',
    });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push((await knock(direct, await forged(`y-${n}`), `192.0.2.${n}`)).status);
    expect(statuses).toContain(429);
  });
});

describe('a storm of devices', () => {
  it('is sent away above what the gateway can look at, each until another time in the window', async () => {
    const settings = { CONNECTS_PER_S: '1', RECONNECT_MAX_S: '30', UPGRADES_PER_MINUTE: '1000' };
    const small = await world.gateway({ GATEWAY_ID: 'gw-small', ...settings });
    const devices = await Promise.all(Array.from({ length: 24 }, () => world.device(gateway)));
    const knocks = devices.map(async (one) => {
      const open = { origin: small.url, token: await deviceToken(one) };
      return TunnelClient.open(open).then(
        (tunnel) => tunnel.close(),
        () => undefined,
      );
    });
    await Promise.all(knocks);
    const answers = await Promise.all(devices.map(async (one) => knock(small, await deviceToken(one))));
    const away = answers.filter(({ status }) => status === 503);
    expect(away.length).toBeGreaterThanOrEqual(12);
    expect(away[0]).toMatchObject({ code: 'service-unavailable' });
    const waits = away.map(({ retry_after_s }) => retry_after_s);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(30);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });
});
