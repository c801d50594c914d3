import type { Fact, RolloutSpec } from '@edgeflow/contracts';
import { planRollout } from '@edgeflow/rollout';
import { assumptionsOf, withoutOutcome, type Assumption, type Made, type WithoutOutcome } from './assumptions.js';
import { assumedFor, type Assume } from './assumed.js';
import { devicesOf, type Recorded } from './recorded.js';
import type { Run } from './run.js';
import { Simulation } from './simulation.js';

/** What may be otherwise in a simulation, by the names of the spec. */
const LEVERS = ['strategy', 'failure', 'limits', 'retry'] as const;
type Lever = (typeof LEVERS)[number];
export type Levers = Pick<RolloutSpec, 'strategy'> & {
  [L in Exclude<Lever, 'strategy'>]: NonNullable<RolloutSpec[L]> | null;
};

/** What is to be otherwise. Not given: as recorded. `null`: without. Whatever comes is checked as a request's spec is. */
export interface Change extends Partial<Record<Lever, unknown>> {
  /** What to take for devices without an outcome; default `as-recorded`. */
  assume?: Assume;
  /** True to wait for the rollout's window and start time, in the time in which it was recorded. */
  waits?: boolean;
}

/** A recorded rollout beside the same under another strategy. */
export interface WhatIf {
  rollout_id: string;
  version: string;
  devices: number;
  recorded_with: Levers;
  simulated_with: Levers;
  /** Up to its first stop by a gate, as the simulation is; where no gate stopped it, to the end of the log. */
  recorded: Run;
  recorded_in_the_end: Run;
  simulated: Run;
  without_outcome: WithoutOutcome;
  assumptions: Assumption[];
}

/**
 * Runs a recorded rollout again under another strategy, through the same decider, in simulated time. Pure and deterministic.
 * @throws Refused `invalid-request` when the changed spec is none, `too-many-waves`
 */
export function whatIf(recorded: Recorded, change: Change): WhatIf {
  const { assume = 'as-recorded', waits = false } = change;
  const plan = planOf(recorded, specOf(recorded.spec, change, waits));
  const assumed = assumedFor(recorded, assume);
  const reachIsKnown = showsReach(recorded.spec);
  const start_ms = Date.parse(waits ? recorded.accepted_at : recorded.started_at);
  const simulation = new Simulation({ recorded, plan, assumed, reachIsKnown, start_ms });
  const simulated = simulation.run();
  const made: Made = { recorded, assume, assumed, reachIsKnown, waits, devices: simulation.devices, simulated };
  return {
    rollout_id: recorded.rollout_id,
    version: recorded.spec.version,
    devices: devicesOf(recorded).length,
    recorded_with: leversOf(recorded.spec),
    simulated_with: leversOf(plan.data.spec),
    recorded: recorded.at_stop ?? recorded.in_the_end,
    recorded_in_the_end: recorded.in_the_end,
    simulated,
    without_outcome: withoutOutcome(made),
    assumptions: assumptionsOf(made),
  };
}

/** The recorded spec with what is to be otherwise; not checked yet. Nobody is there to approve anything. */
function specOf(spec: RolloutSpec, change: Change, waits: boolean): object {
  const { approval: _approval, start_at, window, ...rest } = spec;
  const clock = waits ? { start_at, window } : {};
  const given = LEVERS.filter((lever) => change[lever] !== undefined).map((lever) => [lever, change[lever]]);
  const wanted = { ...rest, ...clock, ...Object.fromEntries(given) };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== null));
}

function planOf({ rollout_id, request_id, excluded, groups }: Recorded, spec: object): Fact<'RolloutAccepted'> {
  const eligible = groups.filter(({ joined }) => !joined).reduce((sum, { devices }) => sum + devices.length, 0);
  const request = { request_id, spec: spec as RolloutSpec, ref: { id: request_id, correlation_id: request_id } };
  return { type: 'RolloutAccepted', data: planRollout(rollout_id, request, { eligible, excluded }) };
}

/** True when nothing but a device itself kept it from being told once its wave had started. */
function showsReach({ limits, window }: RolloutSpec): boolean {
  return !window && limits?.max_in_flight === undefined && limits?.max_per_minute === undefined;
}

function leversOf(spec: RolloutSpec): Levers {
  const { strategy, failure = null, limits = null, retry = null } = spec;
  return { strategy, failure, limits, retry };
}
