import { chance, pick, weighted } from '@edgeflow/simulation';
import { integerBetween, type Entropy } from '@edgeflow/runtime';
import type { Deed, DeviceTemper, Flaw } from '../devices/temper.js';
import { FLEETS, MODELS, type SceneDevice } from './scene.js';

type Chance = Pick<Entropy, 'random'>;

/** What somebody may be like who does not always do as he is told. */
const BAD_DEEDS: readonly Deed[] = [
  ...(['fails', 'loops', 'loops-silently', 'elsewhere', 'tries', 'takes-back'] as const),
  ...(['reverts', 'postpones', 'declines', 'ignores'] as const),
];

/** What devices do with an image that is no good, or that nobody wants, by weight: one that reverts shows itself late, and is what soaks are for. */
const FLAWS: readonly (readonly [Deed, number])[] = [
  ...([
    ['fails', 2],
    ['reverts', 4],
    ['loops', 1],
  ] as const),
  ...([
    ['loops-silently', 1],
    ['takes-back', 2],
    ['declines', 2],
  ] as const),
];

export interface DeviceDraw {
  /** Which share of them is the real agent, from 0 to 1. */
  agents: number;
  /** What they may be told. */
  versions: readonly string[];
}

export function drawDevices(
  org: string,
  count: number,
  { agents, versions }: DeviceDraw,
  entropy: Chance,
): SceneDevice[] {
  const flaws = drawFlaws(versions, entropy);
  return Array.from({ length: count }, (_, index) => {
    const kind = chance(entropy, agents, 'agent') ? 'agent' : 'rude';
    return {
      ...({ org, device_id: `${org}_${index + 1}`, kind } as const),
      model: chance(entropy, 0.75, 'first-model') ? MODELS[0] : MODELS[1],
      // Most are together, so that a wave has some.
      fleet: chance(entropy, 0.75, 'first-fleet') ? FLEETS[0] : FLEETS[1],
      temper: { ...(kind === 'agent' ? agentTemper(entropy) : rudeTemper(entropy)), flaws },
      // Most clocks are about right; some say that it is last year.
      offset_ms: chance(entropy, 0.15, 'clock-is-off') ? integerBetween(entropy, -40, 3, 'days') * 86_400_000 : 0,
      drift_ppm: integerBetween(entropy, -200, 200, 'drift'),
    };
  });
}

/** Which versions are no good: a third of them, so that gates have something to stop. */
function drawFlaws(versions: readonly string[], entropy: Chance): Flaw[] {
  return versions.flatMap((version) =>
    chance(entropy, 0.33, 'flawed')
      ? [{ version, deed: weighted(entropy, FLAWS, 'flaw'), share: pick(entropy, [0.5, 0.9, 1], 'share') }]
      : [],
  );
}

function agentTemper(entropy: Chance): Omit<DeviceTemper, 'flaws'> {
  return {
    ...{ odd_version: false, floods: false, has_twin: false, pace_ms: 1_000 },
    deeds: [
      ['installs', 8],
      ['postpones', chance(entropy, 0.2, 'postpones') ? 2 : 0],
      ['declines', chance(entropy, 0.1, 'declines') ? 2 : 0],
      ['takes-back', chance(entropy, 0.25, 'unwell') ? 3 : 0],
    ],
    power_cuts: chance(entropy, 0.4, 'power') ? entropy.random('power-cuts') * 40 : 0,
    losses: entropy.random('losses') * 20,
  };
}

function rudeTemper(entropy: Chance): Omit<DeviceTemper, 'flaws'> {
  const bad = [0, 1].map(() => [pick(entropy, BAD_DEEDS, 'bad-deed'), 1 + entropy.random('weight') * 3] as const);
  return {
    deeds: [['installs', 6], ...bad],
    pace_ms: pick(entropy, [100, 500, 2_000], 'pace'),
    power_cuts: entropy.random('power-cuts') * 20,
    losses: chance(entropy, 0.2, 'storm') ? 240 : entropy.random('losses') * 20,
    odd_version: chance(entropy, 0.15, 'odd-version'),
    floods: chance(entropy, 0.1, 'floods'),
    has_twin: chance(entropy, 0.08, 'twin'),
    ...(chance(entropy, 0.05, 'leaves') && { leaves: entropy.random('leaves') }),
  };
}
