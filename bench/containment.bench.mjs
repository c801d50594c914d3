/**
 * What the team of one organization can do to another: single updates of acme's devices, from the POST to the frame at the device, while
 * nobody else is there, and while globex's team sends all it can to NATS (containment.attacker.mjs). The ceiling is the quiet time of
 * the same run: the ratio says how much of it is left. It fails when an update is lost, when a service says the wrong thing of itself, when the
 * attacker learns anything, or when its own later request has no answer: a bench of a product that stands still would look good.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cloud } from './dispatch.cloud.mjs';
import { Fleet } from './dispatch.fleet.mjs';
import { now, onStandalone, quantile, say } from './on-standalone.mjs';

const DEVICES = 40;
const UPDATES = Number(process.env['BENCH_UPDATES'] ?? 400);
const PER_SECOND = 10;
const [MODEL, VERSION] = ['bench', '2.0.0'];
/** How long what was asked for after the attack may take, in milliseconds. */
const ANSWER_MS = 180_000;

/** Updates one after the other, at a steady pace. @returns the milliseconds from the POST to the frame, of each */
async function updates(cloud, fleet, count) {
  const waits = [];
  const begin = now();
  for (let n = 0; n < count; n++) {
    const device_id = fleet.ids[n % DEVICES];
    const frames = await fleet.expect([device_id], true);
    await sleep(Math.max(0, begin + (n * 1_000) / PER_SECOND - now()));
    const asked = now();
    await cloud.post('operator', '/orchestrator/v1/updates', { device_id, version: VERSION });
    const { times } = await frames();
    waits.push(times[device_id] - asked);
    await cloud.isFree(device_id);
  }
  return waits;
}

/** What the services say of themselves, all the time. @returns how to stop, with every answer that was not 200 */
function watchReadiness({ processes }) {
  const services = processes.filter(({ name }) =>
    ['firmware-registry', 'rollout-orchestrator', 'device-gateway', 'projection'].includes(name),
  );
  const said = [];
  let on = true;
  const look = async () => {
    for (; on; await sleep(500)) {
      for (const { name, url } of services) {
        const answer = await fetch(`${url}/readyz`).then(
          async (response) => ({ name, status: response.status, text: await response.text() }),
          (error) => ({ name, status: 0, text: String(error) }),
        );
        if (answer.status !== 200) said.push(answer);
      }
    }
  };
  const done = look();
  return async () => {
    on = false;
    await done;
    return said;
  };
}

/** The team's own request after its attack ends in an answer. */
async function answered(cloud, request_id) {
  for (const until = now() + ANSWER_MS; ; await sleep(250)) {
    const found = await cloud
      .get('viewer', `/query/v1/requests/${request_id}`)
      .catch((error) => ({ state: String(error) }));
    if (found.state === 'answered' || found.state === 'refused') return found;
    if (now() > until) throw new Error(`the attacker's later request has no answer: ${JSON.stringify(found)}`);
  }
}

async function measure({ endpoints, helper }) {
  const [victim, attacker] = [new Cloud(endpoints, 'acme'), new Cloud(endpoints, 'globex')];
  const fleet = new Fleet([await helper('dispatch.devices.mjs')], DEVICES);
  const public_key = await fleet.helpers[0].ask('key');
  for (const device_id of fleet.ids)
    await victim.post('admin', '/gateway/v1/devices', { device_id, model: MODEL, public_key });
  await victim.upload(MODEL, VERSION);
  const gateway = endpoints.processes.find(({ name }) => name === 'device-gateway').url;
  await fleet.connect(`${gateway.replace(/^http/, 'ws')}/gateway/v1/tunnel`);
  for (const device_id of fleet.ids) await victim.isFree(device_id);
  const team = await helper('containment.attacker.mjs');
  const url = readFileSync(join(endpoints.nats_users, 'publisher-globex.url'), 'utf8').trim();
  await team.ask('connect', { url, ca: readFileSync(endpoints.nats_ca, 'utf8') });

  await updates(victim, fleet, DEVICES);
  const quiet = await updates(victim, fleet, UPDATES);
  const stopWatching = watchReadiness(endpoints);
  await team.ask('begin');
  const attacked = await updates(victim, fleet, UPDATES);
  const counts = await team.ask('end');
  const request_id = await team.ask('ask', { device_id: 'nobody', version: VERSION });
  const answer = await answered(attacker, request_id);
  const unready = await stopWatching();
  say(`the attack: ${JSON.stringify(counts)}; its later request: ${answer.state} ${answer.code ?? ''}`);
  if (unready.length > 0) throw new Error(`services were not ready: ${JSON.stringify(unready.slice(0, 3))}`);
  if (counts.foreign_sequences > 0) throw new Error('the attacker was told how far another organization is');
  const row = (what, q) => ({
    what: `POST update → frame under attack, ${what} (beside the quiet one)`,
    unit: 'ms',
    ours: quantile(attacked, q),
    ceiling: quantile(quiet, q),
  });
  return [row('p50', 0.5), row('p99', 0.99)];
}

export default () => onStandalone(measure);
