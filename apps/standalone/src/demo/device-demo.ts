import type { Answer } from '@edgeflow/client';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { activeImage, startAgent, type Agent } from './agent.js';
import { imageIn, type Image } from './image.js';
import { DEVICE, NEW_VERSION } from './scene.js';
import { Session } from './session.js';

const { device_id, model, version } = DEVICE;

/** The device record; the demo prints all of it. */
type DeviceRecord = Answer<'/query/v1/devices/{device_id}', 'get'>;

/** Brings an image onto one device that runs the reference agent. @throws Error of one line when it does not get there */
export async function deviceDemo(
  at: Endpoints,
  image: Image,
  console: Console,
  signal: AbortSignal,
): Promise<DeviceRecord> {
  const agent = await startAgent(at, console);
  try {
    const session = await Session.open(at, signal);
    await until(session, (record) => record.current_version === version && record.online);
    console.ready('device', `${device_id}, ${model}, runs ${version}`);
    const key = await session.publish(image, NEW_VERSION);
    console.ready('firmware', `${NEW_VERSION}, ${image.size} bytes, ${key}`);
    const body = { device_id, version: NEW_VERSION };
    const { update_id } = await session.order('/orchestrator/v1/updates', { body });
    console.ready('update', update_id);
    const record = await follow(session, console);
    await check(agent, image, console);
    return record;
  } finally {
    await agent.stop();
  }
}

/** Shows how the update goes on until it has ended. @throws Error with the reason when it failed */
async function follow(session: Session, console: Console): Promise<DeviceRecord> {
  let shown = '';
  const record = await until(session, (now) => {
    const line = [now.ota_status, now.phase, `${now.progress} %`].filter(Boolean).join(', ');
    if (line !== shown && now.target_version === NEW_VERSION) console.say(`  ${line}`);
    shown = line;
    return now.ota_status === 'failed' || (now.ota_status === 'completed' && now.current_version === NEW_VERSION);
  });
  const { failure } = record;
  if (failure) throw new Error(`the update failed: ${failure.code}, ${failure.detail}`);
  return record;
}

/** Reads the device record until it is as wanted. */
function until(session: Session, wanted: (record: DeviceRecord) => boolean): Promise<DeviceRecord> {
  return session.until(() => session.read('/query/v1/devices/{device_id}', { path: { device_id } }), wanted);
}

/** The record says that the device runs the image; its slot must say so too. @throws Error when it does not */
async function check({ dir }: Agent, image: Image, console: Console): Promise<void> {
  const { slot, file } = await activeImage(dir);
  const { sha256 } = await imageIn(file);
  if (sha256 !== image.sha256) throw new Error(`slot ${slot} holds ${sha256}, not ${image.sha256}`);
  console.ready(`slot ${slot} is active`, `sha256 ${sha256}`);
}
