/**
 * Updates on their way to 10,000 connected devices (or BENCH_DEVICES), through real processes: NATS, PostgreSQL, S3 and the four services
 * as standalone runs them. The devices are raw WebSocket clients on the gateway's own port, without TLS, which the origin ends. They do
 * not download: they answer `failed`. The ceiling is a bare WebSocket server that sends the same clients the same frame; nothing is
 * stored or decided for it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toEvent } from '@edgeflow/contracts';
import { JetStreamLog } from '@edgeflow/event-log';
import { Cloud } from './dispatch.cloud.mjs';
import { Fleet } from './dispatch.fleet.mjs';
import { now, onStandalone, quantile, say } from './on-standalone.mjs';

const DEVICES = Number(process.env['BENCH_DEVICES'] ?? 10_000);
const HELPERS = 2;
/** Single updates: so many to warm up, so many that count, and how many a second. */
const WARM_UP = 100;
const SINGLES = 500;
const PER_SECOND = 50;
const ROUNDS = 3;
const [ORG, FLEET, MODEL, VERSION] = ['acme', 'bench', 'bench', '2.0.0'];

async function times(count, work) {
  const results = [];
  for (let n = 0; n < count; n++) results.push(await work(n));
  return results;
}

const envelope = (id) => ({ id, source: '/bench', time: new Date().toISOString() });

/** What `POST /gateway/v1/devices` writes, a thousand at a time: how devices register is not measured. */
async function register(log, fleet) {
  for (const [at, helper] of fleet.helpers.entries()) {
    const public_key = await helper.ask('key');
    const events = fleet.shares[at].map((device_id) => {
      const data = { device_id, model: MODEL, fleet: FLEET, public_key, registered_by: 'bench' };
      const stream = { org: ORG, entity: 'device', entity_id: device_id };
      return toEvent(stream, { type: 'DeviceRegistered', data }, envelope(`evt_registered_${device_id}`));
    });
    for (let n = 0; n < events.length; n += 1_000) await log.append(events.slice(n, n + 1_000), { after: 0 });
  }
}

/** Single updates at a modest rate. @returns the milliseconds from UpdateRequested to the frame, of each */
async function singles(log, fleet, ids, round) {
  const frames = await fleet.expect(ids, true);
  const begin = now();
  const asked = {};
  for (const [n, device_id] of ids.entries()) {
    await sleep(Math.max(0, begin + (n * 1_000) / PER_SECOND - now()));
    const id = `req_${round}_${n}`;
    const stream = { org: ORG, entity: 'request', entity_id: id };
    const event = toEvent(
      stream,
      { type: 'UpdateRequested', data: { device_id, version: VERSION } },
      envelope(`evt_${id}`),
    );
    asked[device_id] = now();
    await log.append([event], { after: 0 });
  }
  const { times: came } = await frames();
  return ids.map((device_id) => came[device_id] - asked[device_id]);
}

/** @returns devices per second from the first frame to the last, and from the POST to the last */
async function rollOut(cloud, fleet) {
  await cloud.fleetIsFree(FLEET, VERSION, DEVICES);
  const frames = await fleet.expect(fleet.ids);
  const asked = now();
  await cloud.rollOut(FLEET, VERSION);
  const { times: came, text } = await frames();
  const [first, last] = [quantile(Object.values(came), 1 / DEVICES), quantile(Object.values(came), 1)];
  say(`a rollout: the first frame after ${Math.round(first - asked)} ms, the last after ${Math.round(last - asked)}`);
  await fleet.declineAll();
  return { between: (DEVICES / (last - first)) * 1_000, whole: (DEVICES / (last - asked)) * 1_000, text };
}

/** @returns devices per second of the bare server, until the last has its frame */
async function fanOut(server, fleet, text) {
  const frames = await fleet.expect(fleet.ids);
  const sent = await server.ask('send', { text });
  const { times: came } = await frames();
  return (DEVICES / (quantile(Object.values(came), 1) - sent)) * 1_000;
}

async function measure({ cloud, log, fleet, server, gateway }) {
  await register(log, fleet);
  await cloud.upload(MODEL, VERSION);
  const begin = now();
  await fleet.connect(`${gateway.replace(/^http/, 'ws')}/gateway/v1/tunnel`);
  await cloud.fleetIsFree(FLEET, VERSION, DEVICES);
  say(`${DEVICES} devices are connected, after ${Math.round((now() - begin) / 1_000)} s`);
  await singles(log, fleet, fleet.ids.slice(0, WARM_UP), 'warm_up');
  const waits = await singles(log, fleet, fleet.ids.slice(-SINGLES), 'count');
  const rollouts = await times(ROUNDS, () => rollOut(cloud, fleet));
  await cloud.fleetIsFree(FLEET, VERSION, DEVICES);
  await fleet.connect(`ws://127.0.0.1:${await server.ask('port')}`, true);
  const bare = await times(ROUNDS + 1, () => fanOut(server, fleet, rollouts[0].text));
  const ceiling = quantile(bare.slice(1), 0.5);
  const all = DEVICES.toLocaleString('en');
  const row = (what, pick) => ({ what, unit: 'devices/s', ours: quantile(rollouts.map(pick), 0.5), ceiling });
  return [
    { what: 'UpdateRequested to the frame', unit: 'ms', p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) },
    row(`a rollout to ${all}, first frame to last`, ({ between }) => between),
    row(`a rollout to ${all}, POST to last frame`, ({ whole }) => whole),
  ];
}

export default function bench() {
  return onStandalone(async ({ endpoints, home, helper, atEnd }) => {
    const { provisioner } = JSON.parse(readFileSync(join(home, 'keys', 'nats-users.json'), 'utf8'));
    const access = { user: 'provisioner', password: provisioner, ca: readFileSync(endpoints.nats_ca, 'utf8') };
    const log = await JetStreamLog.connect({ servers: endpoints.nats_url, name: 'bench', ...access });
    atEnd(() => log.close());
    const fleet = new Fleet(await times(HELPERS, () => helper('dispatch.devices.mjs')), DEVICES);
    const server = await helper('dispatch.fan-out.mjs');
    const gateway = endpoints.processes.find(({ name }) => name === 'device-gateway').url;
    return measure({ cloud: new Cloud(endpoints, ORG), log, fleet, server, gateway });
  });
}
