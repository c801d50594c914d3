import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { counter } from '@edgeflow/telemetry';
import { BlackHole, deviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ORG, World } from '../testing/world.fixture.js';

const MANY = 1_500;

let world: World;
let way: BlackHole;
let gateway: RunningService;
let public_key: object;

beforeAll(async () => {
  ({ public_key } = await deviceKeys());
  world = await World.start();
  way = await BlackHole.before(world.nats.url);
  gateway = await world.gateway({ NATS_URL: way.url, LOG_LEVEL: 'silent' });
});
afterAll(async () => {
  await world.stop();
  await way.close();
});

interface Attempt {
  device_id: string;
  /** 0 where the connection ended without an answer. */
  status: number;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });

async function register(device_id: string, token: string): Promise<Attempt> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-request-id': device_id };
  const asked = request(`${gateway.url}/gateway/v1/devices`, { method: 'POST', agent, headers });
  asked.end(JSON.stringify({ device_id, model: 'cam-1', public_key }));
  try {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    return { device_id, status: answer.statusCode ?? 0 };
  } catch {
    return { device_id, status: 0 };
  }
}

/** The devices of which a registration that succeeded is in the audit trail. */
async function recorded(): Promise<Set<string>> {
  const trail = await world.log.read({ org: ORG, entity: 'audit', entity_id: 'device-gateway' });
  const lines = trail.map((event) => (event as StoredEvent<'ActionRecorded'>).data);
  return new Set(lines.filter(({ outcome }) => outcome === 'succeeded').map(({ request_id }) => request_id));
}

const isDone = ({ status }: Attempt): boolean => status === 200 || status === 201;
const idsOf = (attempts: readonly Attempt[]): string[] => attempts.map(({ device_id }) => device_id);

describe('devices that are registered all at once while the log goes away', () => {
  it('are each in the audit trail when their answer says that it is done, and after asking again all are', async () => {
    const lost = counter({ name: 'edgeflow_audit_lost_total', help: '' });
    const token = await world.issuer.issue({ org: ORG, role: 'admin', subject: 'ada' }, 600);
    let underWay = 0;
    const forget = world.log.subscribe(['ota.*.audit.>'], () => {
      if (++underWay !== 100) return;
      way.swallow();
      // Longer than an append is tried.
      void sleep(7_000).then(() => way.letThrough());
    });
    let attempts = await Promise.all(Array.from({ length: MANY }, () => register(randomUUID(), token)));
    forget();
    const devices = idsOf(attempts);
    expect(new Set(attempts.map(({ status }) => status))).toContain(503);
    const there = await recorded();
    expect(idsOf(attempts.filter(isDone)).filter((id) => !there.has(id))).toEqual([]);
    while (!attempts.every(isDone)) {
      attempts = await Promise.all(idsOf(attempts.filter((one) => !isDone(one))).map((id) => register(id, token)));
    }
    const trail = await recorded();
    expect(devices.filter((id) => !trail.has(id))).toEqual([]);
    const registered = await Array.fromAsync(world.log.scan([`ota.${ORG}.device.*.DeviceRegistered`]));
    expect(registered.map(({ entity_id }) => entity_id).toSorted()).toEqual(devices.toSorted());
    expect((await lost.get()).values.map(({ value }) => value)).toEqual([0]);
  }, 120_000);
});
