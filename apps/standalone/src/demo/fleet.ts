import type { Console } from '../console/console.js';
import type { Endpoints } from '../endpoints.js';
import type { FleetOptions } from './options.js';
import { runDevices } from './program.js';
import { NEW_VERSION } from './scene.js';

/** Devices that one process of the simulator carries well. */
const DEVICES_PER_PROCESS = 4_000;
/** How a simulated device takes its time, in milliseconds: a fleet that is done at once shows nothing. */
const PACE = { 'download-delay-ms': '0..1500', 'install-delay-ms': '500..2500' };
/** The bad image: most devices boot it, do not come up, and go back to what they ran. */
const BAD = { 'bad-version': NEW_VERSION, 'failure-rate': 0.6, 'failure-kinds': 'came-back-old' };

/** The image that most devices boot, and take back once all of their wave have succeeded, as they do at this pace: in its soak. */
const REVERTED = { ...BAD, 'failure-kinds': 'reverts', 'revert-after-ms': 8_000 };

/** What the simulator writes each second, and at its end: no warning. */
const ROUTINE = /^(\d+ s: |[{}]$)/;

/** A fleet of simulated devices: real tunnels, real downloads. */
export interface Fleet {
  /** Rejects when it can never run as things are. */
  lost: Promise<never>;
  stop(): Promise<void>;
}

/** Starts the fleet simulator as a program of its own. */
export async function startFleet(
  at: Endpoints,
  { devices, bad, reverts }: FleetOptions,
  console: Console,
): Promise<Fleet> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  // Whoever waits for it is told; before anybody does, it is no crash.
  lost.catch(() => undefined);
  const processes = Math.ceil(devices / DEVICES_PER_PROCESS);
  const stop = await runDevices(
    'fleet-simulator',
    { devices, processes, prefix: 'demo', ...PACE, ...(bad && (reverts ? REVERTED : BAD)) },
    at,
    {
      notable: (line) => {
        if (!ROUTINE.test(line.text)) console.notable('fleet-simulator', line);
      },
      // It would come back with all devices on their first version: not the fleet that the log knows.
      lost: ({ why }) => reject(new Error(`the fleet simulator ${why}`)),
      gaveUp: (why) => reject(new Error(`the fleet simulator cannot run: ${why}`)),
    },
  );
  return { lost, stop };
}
