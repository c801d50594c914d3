import type { DeviceTemper } from '../devices/temper.js';
import type { Fault } from '../faults/scripted-fault.js';
import type { Action } from '../people/action.js';

/** A device of a scene, as it comes out of the factory. */
export interface SceneDevice {
  org: string;
  device_id: string;
  model: string;
  fleet: string;
  /** `agent`: the real one, on a disk. `rude`: one that speaks frames itself, and keeps to nothing. */
  kind: 'agent' | 'rude';
  temper: DeviceTemper;
  /** How wrong its clock is, in milliseconds and in millionths. */
  offset_ms: number;
  drift_ppm: number;
}

/** Something that somebody does at a time. */
export interface TimedAction {
  /** Since the history began, in milliseconds. */
  at_ms: number;
  action: Action;
}

/** How many processes of each service there are. */
export interface Nodes {
  registry: number;
  orchestrator: number;
  gateway: number;
  projection: number;
}

/** The processes of a scene: `gateway-1`. */
export function namesOf(nodes: Nodes): string[] {
  return Object.entries(nodes).flatMap(([kind, count]) =>
    Array.from({ length: count as number }, (_, index) => `${kind}-${index + 1}`),
  );
}

/** All that happens in a history because somebody wants it, as data: drawn from a seed, made smaller when it shows a fault, kept when that is mended. */
export interface Scene {
  seed: number;
  /** The first one is where most happens. */
  orgs: readonly string[];
  /** Of these firmware has to be signed. */
  signing: readonly string[];
  nodes: Nodes;
  devices: readonly SceneDevice[];
  /** What each organization has to roll out. */
  versions: Readonly<Record<string, readonly string[]>>;
  /** In the order of their times. */
  actions: readonly TimedAction[];
  /** What goes wrong meanwhile, in the order of their times. */
  faults: readonly Fault[];
  /** How long people and devices act, in virtual milliseconds: minutes, in which every time that is asked for is short; then it is quiet. */
  acts_ms: number;
}

/** What devices come with. There is an image of it, so that there is a way back. */
export const FACTORY_VERSION = '1.0.0';
/** What is rolled out, the newest last. */
export const VERSIONS = ['1.1.0', '1.2.0', '2.0.0-rc.1', '2.0.0'] as const;
export const MODELS = ['m1', 'm2'] as const;
export const FLEETS = ['north', 'south'] as const;
