import type { Assume, Assumed } from './assumed.js';
import { UNKNOWN_DURATION_MS } from './assumed.js';
import { devicesOf, type Recorded } from './recorded.js';
import type { ReplayedDevice } from './replayed-device.js';
import type { Run } from './run.js';

/** Something that a simulation takes for granted, in words; `devices` says of how many. */
export interface Assumption {
  about:
    | 'devices_without_outcome'
    | 'further_tries'
    | 'reach'
    | 'approvals'
    | 'window'
    | 'start_at'
    | 'operators'
    | 'joined'
    | 'end';
  devices?: number;
  text: string;
}

/** Devices of a recording that have no outcome, why, and what was taken for them. */
export interface WithoutOutcome {
  devices: number;
  never_told: number;
  cancelled: number;
  open: number;
  assume: Assume;
  /** Those whose outcome the simulation came to need, and which way they went. */
  needed: { devices: number; succeeded: number; failed: number };
}

/** What the simulation was made from. */
export interface Made {
  recorded: Recorded;
  assume: Assume;
  assumed: Assumed;
  reachIsKnown: boolean;
  /** True when window and start time hold up the simulation as they would the rollout. */
  waits: boolean;
  devices: readonly ReplayedDevice[];
  simulated: Run;
}

export function withoutOutcome({ recorded, assume, assumed, devices }: Made): WithoutOutcome {
  const outcomes = devicesOf(recorded).map(({ outcome }) => outcome);
  const why = (reason: string) => outcomes.filter((one) => one.status === 'none' && one.why === reason).length;
  const needed = devices.filter((device) => device.assumed).map(({ member }) => assumed.ends.get(member.device_id));
  const failed = needed.filter((end) => end === 'failed').length;
  return {
    devices: assumed.ends.size,
    ...{ never_told: why('never_told'), cancelled: why('cancelled'), open: why('open'), assume },
    needed: { devices: needed.length, succeeded: needed.length - failed, failed },
  };
}

/** Everything that was taken for granted and that may have mattered. */
export function assumptionsOf(made: Made): Assumption[] {
  const { recorded, devices, simulated, waits } = made;
  const { approval = 'none', window, start_at } = recorded.spec;
  const further = devices.filter((device) => device.further > 0).length;
  const joined = recorded.groups.filter((group) => group.joined).flatMap((group) => group.devices).length;
  const operators = Object.entries(recorded.by_operators).map(([event, n]) => `${n} ${event}`);
  const clock = waits ? 'is kept, in the time in which it was recorded' : 'does not hold anything up';
  const all: (Assumption | false)[] = [
    aboutOutcomes(made),
    further > 0 && {
      about: 'further_tries',
      devices: further,
      text: `Tries beyond the recorded ones (devices: ${further}) end as the last recorded one did.`,
    },
    aboutReach(made),
    approval !== 'none' && { about: 'approvals', text: `Approvals (${approval}) are given at once.` },
    window !== undefined && { about: 'window', text: `The maintenance window ${clock}.` },
    start_at !== undefined && { about: 'start_at', text: `The start time ${clock}.` },
    operators.length > 0 && {
      about: 'operators',
      text: `What people did is not done again: ${operators.join(', ')}.`,
    },
    joined > 0 && {
      about: 'joined',
      devices: joined,
      text: `Devices that joined later (${joined}) join as long after the start as they did.`,
    },
    simulated.stop !== null && {
      about: 'end',
      text: 'The simulation ends where the gate stops it: who is under way then is counted as under way, and no way back is simulated.',
    },
  ];
  return all.filter((one) => one !== false);
}

function aboutOutcomes(made: Made): Assumption | false {
  const { devices, never_told, cancelled, open, needed } = withoutOutcome(made);
  if (devices === 0) return false;
  const all = devicesOf(made.recorded).length;
  const text = [
    `${devices} of ${all} devices have no recorded outcome (${never_told} never told, ${cancelled} cancelled once they were told, ${open} still open).`,
    `They are taken to ${wayOf(made)}, after ${durationsOf(made.assumed)}, and not before they were last seen under way.`,
    `The simulation needed ${needed.devices} of them: ${needed.succeeded} succeed, ${needed.failed} fail.`,
  ].join(' ');
  return { about: 'devices_without_outcome', devices, text };
}

function wayOf({ recorded, assume, assumed: { finished, failed } }: Made): string {
  if (assume !== 'as-recorded') return assume;
  if (finished === 0) return 'succeed, since no outcome at all is recorded';
  const percent = Math.round((failed * 1000) / finished) / 10;
  const early = recorded.at_stop ? '; of a rollout stopped early, which may have seen its fast failures first' : '';
  return `fail at the recorded share, ${failed} of ${finished} (${percent} %${early}), spread evenly over the order`;
}

function durationsOf({ median_ms: { succeeded, failed } }: Assumed): string {
  const known = [
    ...(succeeded === undefined ? [] : [`${succeeded / 1000} s for a success`]),
    ...(failed === undefined ? [] : [`${failed / 1000} s for a failure`]),
  ];
  if (known.length === 0) return `${UNKNOWN_DURATION_MS / 1000} s, since no duration is recorded`;
  return `the median of the recorded times (${known.join(', ')})`;
}

function aboutReach({ recorded, reachIsKnown }: Made): Assumption {
  const text = reachIsKnown
    ? 'Each device can be told as long after its wave has started as it was: offline and busy devices are late again.'
    : 'Each device can be told as soon as its wave has started: behind limits or a window, the log does not show how late it was.';
  return { about: 'reach', devices: devicesOf(recorded).length, text };
}
