import type { RolloutStrategy } from '@edgeflow/contracts';

/** The strategies that the demo has parameters for. */
export const SHOWN = [
  'all_at_once',
  'rolling',
  'canary',
  'staged',
] as const satisfies readonly RolloutStrategy['type'][];
type ShownStrategy = (typeof SHOWN)[number];

/** What `demo` is told on its command line. */
export interface DemoOptions {
  /** The image to bring onto the device or the fleet; without it one is made. */
  firmware?: string;
  /** How many devices: with it the demo is a rollout. */
  devices?: string;
  strategy?: string;
  /** The image is one that most devices do not come up with. */
  badImage?: boolean;
  /** The image is one that most devices boot, and take back a moment later. */
  revert?: boolean;
  /** Seconds until the demo gives up. */
  timeout?: string;
}

/** The rollout that is to be shown. */
export interface FleetOptions {
  devices: number;
  strategy: ShownStrategy;
  bad: boolean;
  /** What is bad shows only after the success. */
  reverts?: true;
}

export interface DemoRun {
  firmware?: string;
  timeout_s: number;
  /** Without it: the update of one device. */
  fleet?: FleetOptions;
}

const DEFAULT_DEVICES = 100;
/** What one machine carries next to its servers (docs/operations.md). */
const MAX_DEVICES = 10_000;
/** Of fewer devices a gate can say too little for a show: the image could pass by luck. */
const MIN_DEVICES_BAD = 10;
const TIMEOUT_S = 300;
/** A fleet gets a further second for so many devices. */
const DEVICES_PER_S = 5;

/** The options, checked and completed. @throws Error of one line that names what is wrong */
export function readOptions({ firmware, timeout, ...options }: DemoOptions): DemoRun {
  const fleet = fleetOf(options);
  const timeout_s = timeout === undefined ? TIMEOUT_S + (fleet?.devices ?? 0) / DEVICES_PER_S : Number(timeout);
  if (!(timeout_s > 0)) throw new Error('--timeout must be a number of seconds');
  return { timeout_s, ...(firmware !== undefined && { firmware }), ...(fleet && { fleet }) };
}

function fleetOf({ devices, strategy, badImage = false, revert = false }: DemoOptions): FleetOptions | undefined {
  const bad = badImage || revert;
  if (devices === undefined && strategy === undefined && !bad) return undefined;
  const options = { devices: devicesIn(devices, bad), strategy: strategyIn(strategy), bad };
  if (!revert) return options;
  if (badImage) throw new Error('--revert and --bad-image are two stories: one at a time');
  const soaks = options.strategy === 'canary' || options.strategy === 'staged';
  if (!soaks) throw new Error('--revert needs a soak to show it in: --strategy canary or staged');
  return { ...options, reverts: true };
}

function devicesIn(text: string | undefined, bad: boolean): number {
  if (text === undefined) return DEFAULT_DEVICES;
  const least = bad ? MIN_DEVICES_BAD : 1;
  const devices = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (devices >= least && devices <= MAX_DEVICES) return devices;
  const why = bad ? ' with a bad image, or its gate has too little to go by' : '';
  throw new Error(`--devices must be a whole number from ${least} to ${MAX_DEVICES}${why}`);
}

function strategyIn(text = 'canary'): ShownStrategy {
  const strategy = SHOWN.find((known) => known === text);
  if (!strategy) throw new Error(`--strategy must be one of ${SHOWN.join(', ')}`);
  return strategy;
}
