/** What the team of one organization can do to another: single updates while nobody else is there, and while the other attacks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cloud } from './rig/cloud.mjs';
import { deviceIds, register } from './rig/device-log.mjs';
import { ORG } from './rig/installation.mjs';
import { claim, now, quantile, say, until } from './rig/measure.mjs';
import { SocketFleet } from './rig/socket-fleet.mjs';

const DEVICES = 30;
const PER_SECOND = 10;
const IMAGE_BYTES = 64 * 1024;
const [MODEL, VERSION] = ['containment', '2.0.0'];
/** How long what was asked for after the attack may take, in milliseconds. */
const ANSWER_MS = 180_000;

/** Updates one after the other, at a steady pace. @returns the milliseconds from the POST to the frame, of each */
async function updates(cloud, fleet, count) {
  const waits = [];
  const begin = now();
  for (let n = 0; n < count; n++) {
    const device_id = fleet.ids[n % DEVICES];
    const frames = await fleet.expect({ only: [device_id], declines: true });
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
  let said;
  const look = async () => {
    said = await cloud.get('viewer', `/query/v1/requests/${request_id}`).catch((error) => ({ state: String(error) }));
    return (said.state === 'answered' || said.state === 'refused') && said;
  };
  const what = () => `the attacker's later request has no answer: ${JSON.stringify(said)}`;
  return until(look, what, { pause_ms: 250, limit_ms: ANSWER_MS });
}

/** A team of the other organization, which can send to NATS. */
async function attacker({ endpoints, program }) {
  const team = await program('attacker.mjs');
  const url = readFileSync(join(endpoints.nats_users, 'publisher-globex.url'), 'utf8').trim();
  await team.ask('connect', { url, ca: readFileSync(endpoints.nats_ca, 'utf8') });
  return team;
}

/** Devices of the victim that are connected and free. */
async function victims(installation, name) {
  const { cloud, log } = installation;
  const fleet = await SocketFleet.start(installation, deviceIds(name, DEVICES), 1);
  const public_key = await fleet.programs[0].ask('key');
  await register(log, ORG, { devices: fleet.ids, model: MODEL, fleet: name, public_key });
  await cloud.uploadOnce(MODEL, VERSION, IMAGE_BYTES);
  const url = `${installation.urlOf('device-gateway').replace(/^http/, 'ws')}/gateway/v1/tunnel`;
  await fleet.connect({ url, model: MODEL });
  await cloud.fleetIsFree(name, VERSION, DEVICES);
  return fleet;
}

async function measure(size, installation) {
  const { cloud, endpoints } = installation;
  const fleet = await victims(installation, `containment-${size}`);
  const team = await attacker(installation);
  await updates(cloud, fleet, DEVICES);
  const quiet = await updates(cloud, fleet, size);
  const stopWatching = watchReadiness(endpoints);
  await team.ask('begin');
  const attacked = await updates(cloud, fleet, size);
  const counts = await team.ask('end');
  const request_id = await team.ask('ask', { device_id: 'nobody', version: VERSION });
  const answer = await answered(new Cloud(endpoints, 'globex'), request_id);
  const unready = await stopWatching();
  say(`the attack: ${JSON.stringify(counts)}; its later request: ${answer.state} ${answer.code ?? ''}`);
  claim(unready.length === 0, `services were not ready: ${JSON.stringify(unready.slice(0, 3))}`);
  claim(counts.foreign_sequences === 0, 'the attacker was told how far another organization is');
  claim(counts.taken > 0 && counts.refused > 0, `the attack did not happen: ${JSON.stringify(counts)}`);
  fleet.stop();
  team.stop();
  const ceiling = { p50: quantile(quiet, 0.5), p99: quantile(quiet, 0.99) };
  return [
    {
      what: 'POST → frame under attack',
      unit: 'ms',
      p50: quantile(attacked, 0.5),
      p99: quantile(attacked, 0.99),
      ceiling,
    },
  ];
}

export default {
  title: 'containment',
  one: 'update',
  ours: "single updates of one organization, 10 a second, while another one's team sends all that it can to NATS: none is lost, every service stays ready, the attacker learns nothing, and its own later request is answered",
  ceiling: 'the same updates on the same installation before the attack',
  disturbs: true,
  // What grows is the attack, with time.
  sizes: [30],
  more_sizes: [300],
  measure,
};
