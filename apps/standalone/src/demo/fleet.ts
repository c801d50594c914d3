import { join } from 'node:path';
import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import { DEVICE } from './agent.js';
import type { FleetWish } from './options.js';
import { runProgram } from './program.js';
import { ORG } from './session.js';
import { NEW_VERSION } from './update.js';

/** Devices that one process of the simulator carries well. */
const DEVICES_PER_PROCESS = 4_000;
/** How a simulated device takes its time, in milliseconds: a fleet that is done at once shows nothing. */
const PACE = { 'download-delay-ms': '0..1500', 'install-delay-ms': '500..2500' };
/** The bad image: most devices boot it, do not come up, and go back to what they ran. */
const BAD = { 'bad-version': NEW_VERSION, 'failure-rate': 0.6, 'failure-kinds': 'came-back-old' };

/** What the simulator writes each second, and at its end: no warning. */
const ROUTINE = /^(\d+ s: |[{}]$)/;

/** A fleet of simulated devices: real tunnels, real downloads. */
export interface Fleet {
  /** Settles when it can never run as things are. */
  gaveUp: Promise<Error>;
  stop(): Promise<void>;
}

/** Starts the fleet simulator as a program of its own. */
export async function startFleet(at: Endpoints, { devices, bad }: FleetWish, console: Console): Promise<Fleet> {
  const options = {
    origin: at.origin,
    ca: at.ca,
    devices,
    processes: Math.ceil(devices / DEVICES_PER_PROCESS),
    'claim-token-file': join(at.device_claims, `${ORG}.token`),
    model: DEVICE.model,
    fleet: DEVICE.fleet,
    version: DEVICE.version,
    prefix: 'demo',
    ...PACE,
    ...(bad && BAD),
  };
  let giveUp: (error: Error) => void = () => undefined;
  const gaveUp = new Promise<Error>((resolve) => (giveUp = resolve));
  const stop = await runProgram('fleet-simulator', options, at, {
    notable: (line) => {
      if (!ROUTINE.test(line.text)) console.notable('fleet-simulator', line);
    },
    // It would come back with all devices on their first version: not the fleet that the log knows.
    lost: ({ why }) => giveUp(new Error(`the fleet simulator ${why}`)),
    gaveUp: (why) => giveUp(new Error(`the fleet simulator cannot run: ${why}`)),
  });
  return { gaveUp, stop };
}
