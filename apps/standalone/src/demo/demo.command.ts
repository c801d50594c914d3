import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Console } from '../console/console.js';
import { readSettings, type Settings } from '../settings.js';
import { stopSignal } from '../signals.js';
import { startStandalone, type Standalone } from '../standalone.js';
import { activeImage, startAgent, type Agent } from './agent.js';
import { imageIn, makeImage, type Image } from './image.js';
import { UpdateStory, type DeviceRecord } from './update.js';

export interface DemoOptions {
  /** The image to bring onto the device; without it one is made. */
  firmware?: string;
  /** Seconds until the demo gives up. */
  timeout: string;
}

/**
 * `demo`: the whole main job once, on free ports and in a temporary home, which is kept when the demo fails.
 * @throws Error of one line with the reason
 */
export async function demo({ firmware, timeout }: DemoOptions, console: Console): Promise<void> {
  const interrupted = stopSignal();
  const seconds = Number(timeout);
  if (!(seconds > 0)) throw new Error('--timeout must be a number of seconds');
  const given = firmware === undefined ? undefined : await imageIn(resolve(firmware));
  const home = await mkdtemp(join(tmpdir(), 'edgeflow-demo-'));
  await chmod(home, 0o711);
  console.title('EdgeFlow OTA, demo');
  try {
    const signal = AbortSignal.any([interrupted, AbortSignal.timeout(seconds * 1000)]);
    const image = given ?? (await makeImage(join(home, 'demo.bin')));
    const record = await run(settingsFor(home), image, console, signal);
    console.say('the device record:');
    process.stdout.write(`${JSON.stringify(record, undefined, 2)}\n`);
  } catch (error) {
    if (interrupted.aborted) await rm(home, { recursive: true, force: true });
    else console.say(`what was left behind, logs too, is in ${home}`);
    throw timedOut(error) ? new Error(`the demo did not end within ${seconds} s`, { cause: error }) : error;
  }
  await rm(home, { recursive: true, force: true });
}

/** Servers of its own, whatever the environment names: a demo leaves nothing in anybody's database. */
function settingsFor(home: string): Settings {
  return readSettings({ EDGEFLOW_HOME: home, EDGEFLOW_PORT: '0', EDGEFLOW_HTTP_PORT: '0' });
}

async function run(settings: Settings, image: Image, console: Console, signal: AbortSignal): Promise<DeviceRecord> {
  const standalone = await startStandalone(settings, console, signal);
  try {
    const hopeless = standalone.gaveUp.then((error) => Promise.reject(error));
    return await Promise.race([tell(standalone, image, console, signal), hopeless]);
  } finally {
    await standalone.stop();
  }
}

async function tell(
  { endpoints }: Standalone,
  image: Image,
  console: Console,
  signal: AbortSignal,
): Promise<DeviceRecord> {
  console.blank();
  const agent = await startAgent(endpoints, console);
  try {
    const story = await UpdateStory.open(endpoints, console, signal);
    await story.deviceIsThere();
    await story.upload(image);
    await story.startUpdate();
    const record = await story.follow();
    await check(agent, image, console);
    return record;
  } finally {
    await agent.stop();
  }
}

/** The record says that the device runs the image; its slot must say so too. @throws Error when it does not */
async function check({ dir }: Agent, image: Image, console: Console): Promise<void> {
  const { slot, file } = await activeImage(dir);
  const { sha256 } = await imageIn(file);
  if (sha256 !== image.sha256) throw new Error(`slot ${slot} holds ${sha256}, not ${image.sha256}`);
  console.ready(`slot ${slot} is active`, `sha256 ${sha256}`);
}

function timedOut(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
