/** Whole updates of a fleet all at once: told, downloaded over TLS, rebooted, connected again, and seen to be completed. */
import { ORG } from './rig/installation.mjs';
import { deviceIds, register } from './rig/device-log.mjs';
import { bareUpdates } from './whole-update.ceiling.mjs';
import { claim, now, perSecond, say, until } from './rig/measure.mjs';
import { Fleet } from './rig/programs.mjs';

const PROGRAMS = 2;
const CONNECTS_PER_SECOND = 400;
const IMAGE_BYTES = 64 * 1024;
const [MODEL, OLD, NEW] = ['whole-update', '1.0.0', '2.0.0'];

const sum = (values) => values.reduce((all, value) => all + value, 0);

/** Agents that are connected, of devices that the log has known before. */
async function connectedFleet(installation, name, size) {
  const programs = await Promise.all(Array.from({ length: PROGRAMS }, () => installation.program('agents.mjs')));
  const fleet = new Fleet(programs, deviceIds(name, size));
  const public_key = await programs[0].ask('key');
  await register(installation.log, ORG, { devices: fleet.ids, model: MODEL, fleet: name, public_key });
  const { origin } = installation.endpoints;
  const { signer } = installation.cloud;
  const per_second = CONNECTS_PER_SECOND / PROGRAMS;
  await fleet.ask('connect', { origin, ca: installation.ca, org: ORG, model: MODEL, version: OLD, signer, per_second });
  await installation.cloud.fleetIsFree(name, NEW, size);
  return fleet;
}

async function measure(size, installation) {
  const name = `whole-update-${size}`;
  const { folds, cloud } = installation;
  await cloud.uploadOnce(MODEL, NEW, IMAGE_BYTES);
  const fleet = await connectedFleet(installation, name, size);
  await folds.untilAllFolded();
  say(`${size} devices are connected`);
  const meter = await installation.meter();
  const asked = now();
  await cloud.rollOut(name, NEW);
  const done = () => folds.devices(name, `ota_status = 'completed' AND current_version = $2`, [NEW]);
  const limit_ms = 60_000 + size * 30;
  const running = async () => sum(await fleet.each('running', { version: NEW }));
  const missing = async () => `${await running()} of ${size} devices run the version, ${await done()} are completed`;
  // The devices are asked first: that costs the installation nothing.
  await until(async () => (await running()) === size, missing, { pause_ms: 200, limit_ms });
  await until(async () => (await done()) === size, missing, { limit_ms });
  const ms = now() - asked;
  await folds.untilAllFolded();
  const costs = await meter.per(size);
  claim((await running()) === size, 'not all devices run the version that the read model says all run');
  fleet.stop();
  const ceiling = await bareUpdates(installation, size, IMAGE_BYTES);
  return [
    { what: 'updates', unit: 'devices/s', ours: perSecond(size, ms), ceiling: ceiling.per_second, costs },
    { what: 'CPU of an update', unit: 'ms', less: true, ours: costs.cpu_ms.all, ceiling: ceiling.cpu_ms },
  ];
}

export default {
  title: 'whole update, all at once',
  one: 'update',
  ours: `agents on the origin over https: an all_at_once rollout by POST, 64 KiB each, verified, rebooted, reconnected, until the read model shows the last as completed; CPU until both folds have all of it`,
  ceiling:
    'a bare ws server over TLS that tells as many bare clients, which download the same 64 KiB over https, hash them, and come back with a word',
  sizes: [100, 1_000, 10_000],
  more_sizes: [2_000],
  measure,
};
