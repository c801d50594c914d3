/** Updates on their way to devices that are connected: from the POST of a rollout to the frame at the last one. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ORG } from './rig/installation.mjs';
import { deviceIds, register } from './rig/device-log.mjs';
import { bareDispatch } from './dispatch.ceiling.mjs';
import { claim, now, perSecond, quantile } from './rig/measure.mjs';
import { download } from './rig/download.mjs';
import { SocketFleet } from './rig/socket-fleet.mjs';

const IMAGE_BYTES = 64 * 1024;
const [MODEL, VERSION] = ['dispatch', '2.0.0'];
/** Single updates: how many, at most, and how many a second. */
const [SINGLES, PER_SECOND] = [300, 50];

/** Single updates at a modest rate. @returns the milliseconds from the POST to the frame, of each */
async function singles({ cloud, folds }, fleet, name) {
  const only = fleet.ids.slice(0, SINGLES);
  const frames = await fleet.expect({ only, declines: true });
  const [begin, asked] = [now(), {}];
  const posts = only.map(async (device_id, n) => {
    await sleep(Math.max(0, begin + (n * 1_000) / PER_SECOND - now()));
    asked[device_id] = now();
    await cloud.post('operator', '/orchestrator/v1/updates', { device_id, version: VERSION });
  });
  await Promise.all(posts);
  const { times } = await frames();
  await cloud.fleetIsFree(name, VERSION, fleet.ids.length);
  await folds.untilAllFolded();
  return only.map((device_id) => times[device_id] - asked[device_id]);
}

/** One rollout to all. @returns how many milliseconds until the last frame, what each took, and the frames */
async function rollOut({ cloud, folds }, meter, fleet, name) {
  const frames = await fleet.expect();
  const asked = now();
  await cloud.rollOut(name, VERSION);
  const came = await frames();
  const ms = quantile(Object.values(came.times), 1) - asked;
  await folds.untilAllFolded();
  return { ms, costs: await meter.per(fleet.ids.length), frames: Object.values(came.frames) };
}

/** Each device was told an update of its own, of this version, and the image is where the frame says. */
async function assertTold({ ca }, frames, size) {
  const updates = new Set(frames.map(({ update_id }) => update_id));
  claim(updates.size === size, `${updates.size} updates were told to ${size} devices`);
  claim(
    frames.every(({ version, url }) => version === VERSION && url.includes('X-Amz-Signature=')),
    'not every frame has the version and a presigned URL',
  );
  const [{ url, sha256 }] = frames;
  const image = await download(url, ca);
  const is = createHash('sha256').update(image).digest('hex');
  claim(is === sha256, `the frame says ${sha256}, its URL leads to ${is}`);
}

async function measure(size, installation) {
  const name = `dispatch-${size}`;
  const { cloud, folds, log } = installation;
  await cloud.uploadOnce(MODEL, VERSION, IMAGE_BYTES);
  const fleet = await SocketFleet.start(installation, deviceIds(name, size));
  for (const [at, program] of fleet.programs.entries()) {
    const public_key = await program.ask('key');
    await register(log, ORG, { devices: fleet.shares[at], model: MODEL, fleet: name, public_key });
  }
  const url = `${installation.urlOf('device-gateway').replace(/^http/, 'ws')}/gateway/v1/tunnel`;
  await fleet.connect({ url, model: MODEL });
  await cloud.fleetIsFree(name, VERSION, size);
  await folds.untilAllFolded();
  const waits = await singles(installation, fleet, name);
  const rollout = await rollOut(installation, await installation.meter(), fleet, name);
  await assertTold(installation, rollout.frames, size);
  await fleet.ask('declineAll');
  await cloud.fleetIsFree(name, VERSION, size);
  await fleet.ask('close');
  const ceiling = await bareDispatch(installation, fleet, rollout.frames[0]);
  fleet.stop();
  return [
    {
      what: 'rollout',
      unit: 'devices/s',
      ours: perSecond(size, rollout.ms),
      ceiling: ceiling.per_second,
      costs: rollout.costs,
    },
    { what: 'CPU of a dispatch', unit: 'ms', less: true, ours: rollout.costs.cpu_ms.all, ceiling: ceiling.cpu_ms },
    { what: 'single update, POST to frame', unit: 'ms', p50: quantile(waits, 0.5), p99: quantile(waits, 0.99) },
  ];
}

export default {
  title: 'dispatch',
  one: 'dispatch',
  ours: 'an all_at_once rollout by POST to raw ws clients on the gateway, until the last has its frame with a presigned URL; CPU until both folds have all of it. They do not download, and decline afterwards. Single updates before, at 50 a second',
  ceiling:
    'on the same NATS and S3: one process appends one guarded event for each device, another hears it by republish, presigns, and sends the same frame over ws',
  sizes: [100, 1_000, 10_000],
  measure,
};
