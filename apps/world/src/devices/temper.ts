import { chance, weighted } from '@edgeflow/simulation';
import type { Entropy } from '@edgeflow/runtime';

/** What a device does with an update that it is offered. */
export const DEEDS = [
  /** It does as it is told. */
  'installs',
  /** It says that it failed: in long and odd words, or in few. */
  'fails',
  /** It comes back on the old version again and again, and does not say why. */
  'loops',
  /** The same, and nobody hears of anything that it does. */
  'loops-silently',
  /** It comes up on something that nobody told it. */
  'elsewhere',
  /** It comes up on the version, may still take it back, and confirms it later. */
  'tries',
  /** The same, but it goes back before it has confirmed. */
  'takes-back',
  /** It runs the version for a while, and falls back later. */
  'reverts',
  /** Somebody there wants it later, once or twice. */
  'postpones',
  /** Somebody there does not want it. */
  'declines',
  /** It says nothing of it for good. */
  'ignores',
] as const;
export type Deed = (typeof DEEDS)[number];

/** An image that is no good: what so many of the devices that are told it do with it. */
export interface Flaw {
  version: string;
  deed: Deed;
  /** From 0 to 1. */
  share: number;
}

/** How a device behaves. The real agent keeps to its protocol; of its temper only the power and the person at it count. */
export interface DeviceTemper {
  /** How often it does what, by weight. */
  deeds: readonly (readonly [Deed, number])[];
  /** Images that are stronger than that. */
  flaws: readonly Flaw[];
  /** How long a step of an update takes it, in milliseconds. */
  pace_ms: number;
  /** How often an hour it loses its power, or its network. */
  power_cuts: number;
  losses: number;
  /** Its hello has a version that is none, as text. */
  odd_version: boolean;
  /** It says far more than anybody wants to hear. */
  floods: boolean;
  /** Another one has its key and its id. */
  has_twin: boolean;
  /** When it loses its power for good, as a share of the time in which something happens; absent for one that stays. */
  leaves?: number;
}

/** What a device does with the image of a version. */
export function deedWith({ deeds, flaws }: DeviceTemper, version: string, entropy: Pick<Entropy, 'random'>): Deed {
  const flaw = flaws.find((one) => one.version === version);
  return flaw && chance(entropy, flaw.share, 'flaw') ? flaw.deed : weighted(entropy, deeds, 'deed');
}
