import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { runDevices } from './program.js';
import { DEVICE } from './scene.js';

/** How the agent ends when it wants to be started again, into the new version. */
const EXIT_REBOOT = 75;

/** A device that runs the reference agent; as on a real board, it is started again whenever it ends. */
export interface Agent {
  dir: string;
  stop(): Promise<void>;
}

/** Starts the reference agent as a program of its own, with the claim token of its organization. */
export async function startAgent(at: Endpoints, console: Console): Promise<Agent> {
  const dir = join(at.home, 'agent');
  await mkdir(dir, { recursive: true });
  const stop = await runDevices('device-agent', { dir, 'device-id': DEVICE.device_id }, at, {
    notable: (line) => console.notable('device-agent', line),
    lost: ({ why, exit }) => {
      if (exit?.code === EXIT_REBOOT) console.fact('reboots', '');
      else console.warn('device-agent', why);
    },
    gaveUp: (why) => console.warn('device-agent', `cannot run: ${why}`),
  });
  return { dir, stop };
}

/** The image in the slot that the device runs from. */
export async function activeImage(dir: string): Promise<{ slot: string; file: string }> {
  const { slot } = JSON.parse(await readFile(join(dir, 'current'), 'utf8')) as { slot: string };
  return { slot, file: join(dir, 'slots', slot, 'image.bin') };
}
