import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { readSettings, type Settings } from '../settings.js';
import { stopSignal } from '../signals.js';
import { startStandalone } from '../standalone.js';
import { deviceDemo } from './device-demo.js';
import { fleetDemo } from './fleet-demo.js';
import { imageIn, makeImage, type Image } from './image.js';
import { readOptions, type DemoOptions, type FleetWish } from './options.js';

/** Bytes of an image that is made for a fleet: each of its devices downloads it. */
const FLEET_IMAGE_BYTES = 256 * 1024;

/**
 * `demo`: the whole main job once, or the rollout of a fleet, on free ports and in a temporary home, which is kept when the demo fails.
 * @throws Error of one line with the reason
 */
export async function demo(options: DemoOptions, console: Console): Promise<void> {
  const interrupted = stopSignal();
  const { firmware, timeout_s, fleet } = readOptions(options);
  const given = firmware === undefined ? undefined : await imageIn(resolve(firmware));
  const home = await mkdtemp(join(tmpdir(), 'edgeflow-demo-'));
  await chmod(home, 0o711);
  console.title('EdgeFlow OTA, demo');
  try {
    const signal = AbortSignal.any([interrupted, AbortSignal.timeout(timeout_s * 1000)]);
    const image = given ?? (await makeImage(join(home, 'demo.bin'), fleet && FLEET_IMAGE_BYTES));
    if (fleet) await showFleet(home, fleet, image, console, signal);
    else await showDevice(home, image, console, signal);
  } catch (error) {
    if (interrupted.aborted) await rm(home, { recursive: true, force: true });
    else console.say(`what was left behind, logs too, is in ${home}`);
    throw timedOut(error) ? new Error(`the demo did not end within ${timeout_s} s`, { cause: error }) : error;
  }
  await rm(home, { recursive: true, force: true });
}

async function showDevice(home: string, image: Image, console: Console, signal: AbortSignal): Promise<void> {
  const record = await run(settingsFor(home), console, signal, (at) => deviceDemo(at, image, console, signal));
  console.say('the device record:');
  process.stdout.write(`${JSON.stringify(record, undefined, 2)}\n`);
}

function showFleet(home: string, wish: FleetWish, image: Image, console: Console, signal: AbortSignal): Promise<void> {
  return run(settingsFor(home), console, signal, (at) => fleetDemo(at, { wish, image }, console, signal));
}

/** Servers of its own, whatever the environment names: a demo leaves nothing in anybody's database. */
function settingsFor(home: string): Settings {
  return readSettings({ EDGEFLOW_HOME: home, EDGEFLOW_PORT: '0', EDGEFLOW_HTTP_PORT: '0' });
}

/** Does a job with all of EdgeFlow running, and stops that afterwards. */
async function run<T>(
  settings: Settings,
  console: Console,
  signal: AbortSignal,
  job: (at: Endpoints) => Promise<T>,
): Promise<T> {
  const standalone = await startStandalone(settings, console, signal);
  try {
    console.blank();
    const hopeless = standalone.gaveUp.then((error) => Promise.reject(error));
    return await Promise.race([job(standalone.endpoints), hopeless]);
  } finally {
    await standalone.stop();
  }
}

function timedOut(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
