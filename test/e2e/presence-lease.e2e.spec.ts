import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { dropRows } from '@edgeflow/testkit';
import { StandaloneUnderTest } from './standalone.harness.js';
import { TunnelFleet, type FleetDevice } from './tunnel-fleet.js';

/** `.ci/nightly` has 10,000. */
const DEVICES = Number(process.env['EDGEFLOW_LEASE_DEVICES'] ?? 60);
const RECONNECTS = 10;
/** Short enough for a test; the larger the fleet, the longer, so that renewing leases is not all that the gateway does. */
const LEASE_S = 5 + Math.ceil(DEVICES / 100);
const AT_ONCE = 40;
const PATIENCE_MS = 120_000 + 50 * DEVICES;
/** A machine with much else to do has some ten reboots a second. A stall is not waited for: every frame has 20 s. */
const AT_MOST_MS = 600_000 + 1_000 * DEVICES;

let standalone: StandaloneUnderTest;
let log: EventLog;
beforeAll(async () => {
  standalone = await StandaloneUnderTest.start({ PRESENCE_LEASE_S: String(LEASE_S), CONNECTS_PER_S: '2000' });
  const { nats_users, nats_ca, nats_api_prefix } = standalone.endpoints;
  log = await JetStreamLog.connect({
    servers: (await readFile(join(nats_users, 'reader.url'), 'utf8')).trim(),
    ca: await readFile(nats_ca, 'utf8'),
    api_prefix: nats_api_prefix,
    name: 'lease-spec',
  });
});
afterAll(async () => {
  await log.close();
  await standalone.dispose();
});

async function rebootOf(device: FleetDevice): Promise<void> {
  await device.reboot('1.0.0').catch(() => arrive(device));
}

/** Some at a time, as devices come. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = [...items];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = rest.pop(); item; item = rest.pop()) await work(item);
    }),
  );
}

/** As devices do: who is refused, or cut off, by a cloud that has too much to do comes again. */
async function arrive(device: FleetDevice): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(1_000)) {
    try {
      return await device.connect();
    } catch (error) {
      if (Date.now() > until) throw error;
      await device.tunnel?.close();
    }
  }
}

async function leave(devices: readonly FleetDevice[]): Promise<void> {
  await each(devices, async ({ tunnel }) => tunnel?.close());
}

/** The server's own count, once it has not changed for longer than a lease. */
async function atRest(): Promise<{ messages: number; bytes: number }> {
  let { messages, bytes } = await log.state();
  for (let same_ms = 0; same_ms < (LEASE_S + 3) * 1000; same_ms += 500) {
    await sleep(500);
    const now = await log.state();
    if (now.messages !== messages) same_ms = 0;
    ({ messages, bytes } = now);
  }
  return { messages, bytes };
}

async function online(): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ;) {
    const query = `/query/v1/devices?limit=500&online=true${cursor ? `&cursor=${cursor}` : ''}`;
    const { status, body } = await standalone.ask<{ items: { device_id: string }[]; next_cursor?: string }>(
      ...(['acme', 'viewer', 'GET', query] as const),
    );
    if (status !== 200) return [];
    ids.push(...body.items.map(({ device_id }) => device_id));
    cursor = body.next_cursor;
    if (!cursor) return ids.sort();
  }
}

async function becomesOnline(ids: readonly string[]): Promise<void> {
  const wanted = JSON.stringify([...ids].sort());
  for (const until = Date.now() + PATIENCE_MS; JSON.stringify(await online()) !== wanted; await sleep(500)) {
    if (Date.now() > until) throw new Error(`online: ${JSON.stringify(await online())}`);
  }
}

/** As after a release that changed the fold: the rows come back by replay. */
async function rebuild(): Promise<void> {
  for (const [schema, service] of [
    ['projection', 'projection'],
    ['orchestrator', 'rollout-orchestrator'],
  ] as const) {
    await dropRows(standalone.endpoints.database_url, schema);
    await standalone.kill(service);
  }
}

describe(`${DEVICES} devices that reconnect ${RECONNECTS} times, each time after a reboot`, () => {
  it('add nothing lasting to the log, and who is there is right after a rebuild', { timeout: AT_MOST_MS }, async () => {
    const fleet = new TunnelFleet(standalone, { org: 'acme', model: 'board', offline: true });
    const ids = Array.from({ length: DEVICES }, (_, n) => `dev-${n}`);
    await each(ids, (id) => fleet.join([id]));
    const devices = [...fleet.devices.values()];
    await each(devices, arrive);
    await leave(devices);
    const before = await atRest();

    for (let n = 0; n < RECONNECTS; n++) await each(devices, rebootOf);
    expect((await log.state()).messages).toBeGreaterThan(before.messages);
    const [gone, here] = [devices.slice(0, DEVICES / 2), devices.slice(DEVICES / 2)];
    await leave(gone);
    // Their tunnels outlive their leases, which are renewed.
    await sleep(2 * LEASE_S * 1000);
    await becomesOnline(here.map(({ id }) => id));
    await rebuild();
    await becomesOnline(here.map(({ id }) => id));

    await leave(here);
    expect(await atRest()).toEqual(before);
    await becomesOnline([]);
    await rebuild();
    await becomesOnline([]);
  });
});
