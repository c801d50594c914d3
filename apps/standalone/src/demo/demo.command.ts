import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock, timeoutSignal } from '@edgeflow/runtime';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { readSettings } from '../settings.js';
import { stopSignal } from '../signals.js';
import { startStandalone } from '../standalone.js';
import { deviceDemo } from './device-demo.js';
import { fleetDemo } from './fleet-demo.js';
import { imageIn, makeImage } from './image.js';
import { readOptions, type DemoOptions } from './options.js';

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
    const signal = AbortSignal.any([interrupted, timeoutSignal(systemClock, timeout_s * 1000)]);
    const image = given ?? (await makeImage(join(home, 'demo.bin'), fleet && FLEET_IMAGE_BYTES));
    const record = await run(home, console, signal, async (at) => {
      if (fleet) return fleetDemo(at, { options: fleet, image }, console, signal);
      return deviceDemo(at, image, console, signal);
    });
    if (record) {
      console.say('the device record:');
      process.stdout.write(`${JSON.stringify(record, undefined, 2)}\n`);
    }
  } catch (error) {
    if (interrupted.aborted) await rm(home, { recursive: true, force: true });
    else console.say(`what was left behind, logs too, is in ${home}`);
    throw timedOut(error) ? new Error(`the demo did not end within ${timeout_s} s`, { cause: error }) : error;
  }
  await rm(home, { recursive: true, force: true });
}

/** Other ports than those of a standalone that runs, or starts, at the same time. */
const ANY_PORTS = { EDGEFLOW_PORT: '0', EDGEFLOW_HTTP_PORT: '0', EDGEFLOW_NATS_PORT: '0' };

/** Does a job with all of EdgeFlow running, and stops that afterwards. */
async function run<T>(
  home: string,
  console: Console,
  signal: AbortSignal,
  job: (at: Endpoints) => Promise<T>,
): Promise<T> {
  // Servers of its own, whatever the environment names: a demo leaves nothing in anybody's database.
  const settings = readSettings({ EDGEFLOW_HOME: home, ...ANY_PORTS });
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
