import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ids, Rollouts } from '../e2e/rollouts.harness.js';
import { StandaloneUnderTest } from '../e2e/standalone.harness.js';
import type { TunnelFleet } from '../e2e/tunnel-fleet.js';
import { HeapProbe, WITH_INSPECTOR } from './heap-probe.js';
import { holds } from './invariants.js';

/** How long the fleet is kept being updated, in minutes. */
const MINUTES = Number(process.env.EDGEFLOW_SOAK_MINUTES ?? 30);
const DEVICES = 40;
/** From the start of one rollout over the fleet to that of the next one at least, in milliseconds: ten updates a second where the machine is free. */
const ROUND_MS = 4_000;
/** Between two looks at the memory, in milliseconds. */
const LOOK_MS = 20_000;
/** What starts cold, as caches and compiled code, has settled after this part of the time. */
const WARM_UP = 1 / 6;
/** By how much the floor of the second half may be above that of the first one: at ten updates a second a leak of 700 bytes for each shows. */
const GROWTH = 0.1;
/** And what it stays below in any case, in bytes. */
const MOST_BYTES = 200 * 2 ** 20;

const PROCESSES = [
  ...['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'],
  ...['origin-1', 'origin-2', 's3-endpoint', 'standalone'],
];

/** One look: when, after how many updates, and the bytes of each process. */
interface Look {
  at: number;
  updates: number;
  bytes: Record<string, number>;
}

let rollouts: Rollouts;
let fleet: TunnelFleet;
let probes: HeapProbe[] = [];

beforeAll(async () => {
  rollouts = new Rollouts(await StandaloneUnderTest.start(WITH_INSPECTOR));
  fleet = await rollouts.fleet('soak');
  await fleet.join(ids(DEVICES, 'soak'));
  probes = await HeapProbe.of(rollouts.standalone, PROCESSES);
});
afterAll(async () => {
  for (const probe of probes) probe.close();
  await rollouts.dispose();
});

/** The whole fleet to the other version, a device that comes, is updated and goes, and what people ask meanwhile. */
async function round(n: number): Promise<void> {
  const version = n % 2 === 0 ? '2.0.0' : '1.0.0';
  const body = { version, strategy: { type: 'all_at_once' }, target: { fleet: 'soak' } };
  const id = await rollouts.start(body, DEVICES);
  await Promise.all([passingDevice(`passing_${n}`), rollouts.query(`devices/soak_01/why`), rollouts.query('rollouts')]);
  const { succeeded } = await rollouts.reaches(id, 'completed');
  expect(succeeded).toBe(DEVICES);
  await rollouts.members(id);
  fleet.heard.length = 0;
}

async function passingDevice(device_id: string): Promise<void> {
  const [device] = await fleet.join([device_id], { fleet: 'passing' });
  const asked = { device_id, version: '2.0.0', when_offline: 'queue' };
  await rollouts.standalone.eventually(
    () => rollouts.post('updates', asked),
    ({ status }) => status === 202,
  );
  await rollouts.standalone.eventually(
    () => rollouts.query<{ ota_status: string }>(`devices/${device_id}`),
    ({ status, body }) => status === 200 && body.ota_status === 'completed',
  );
  device?.cut();
  fleet.devices.delete(device_id);
}

async function look(at: number, updates: number): Promise<Look> {
  const bytes: Look['bytes'] = {};
  for (const probe of probes) bytes[probe.name] = await probe.settledBytes();
  const mib = PROCESSES.map((name) => `${name} ${(bytes[name]! / 2 ** 20).toFixed(1)}`);
  process.stdout.write(`${Math.round(at / 1000)} s, ${updates} updates, MiB: ${mib.join(', ')}\n`);
  return { at, updates, bytes };
}

/** Updates the fleet for so long, and looks at the memory between two rollouts. */
async function soak(total_ms: number): Promise<Look[]> {
  const began = performance.now();
  const passed = (): number => performance.now() - began;
  const looks: Look[] = [];
  for (let n = 0; passed() < total_ms; n++) {
    const next = passed() + ROUND_MS;
    await round(n);
    if (passed() - (looks.at(-1)?.at ?? -Infinity) >= LOOK_MS)
      looks.push(await look(passed(), (n + 1) * (DEVICES + 1)));
    await sleep(Math.max(0, next - passed()));
  }
  return looks;
}

const floorOf = (looks: readonly Look[], name: string): number => Math.min(...looks.map(({ bytes }) => bytes[name]!));

it('of a fleet that keeps being updated no process holds on to what is over', async () => {
  const total_ms = MINUTES * 60_000;
  const looks = (await soak(total_ms)).filter(({ at }) => at >= WARM_UP * total_ms);
  const middle = (1 + WARM_UP) * 0.5 * total_ms;
  const [first, second] = [looks.filter(({ at }) => at < middle), looks.filter(({ at }) => at >= middle)];
  const grown = PROCESSES.flatMap((name) => {
    const [before, after] = [floorOf(first, name), floorOf(second, name)];
    return after <= Math.min(MOST_BYTES, before * (1 + GROWTH)) ? [] : [`${name}: ${before}, then ${after} bytes`];
  });
  expect(grown).toEqual([]);
  expect(rollouts.errors).toEqual([]);
  await holds(rollouts.standalone);
});
