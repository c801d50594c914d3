import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { runProgram } from './program.js';
import { ORG } from './session.js';

/** The device of the demo. */
export const DEVICE = { device_id: 'demo-1', model: 'demo-board', fleet: 'demo', version: '1.0.0' };

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
  const options = {
    origin: at.origin,
    ca: at.ca,
    dir,
    'device-id': DEVICE.device_id,
    model: DEVICE.model,
    fleet: DEVICE.fleet,
    'claim-token-file': join(at.device_claims, `${ORG}.token`),
    version: DEVICE.version,
  };
  const stop = await runProgram('device-agent', options, at, {
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
