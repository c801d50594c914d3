import fc from 'fast-check';
import { describe, it } from 'vitest';
import { ROLLOUT_ACTIONS, type FailureGate, type RolloutSpec, type RolloutStrategy } from '@edgeflow/contracts';
import type { Report } from './reports.fixture.js';
import { World } from './rollout-world.fixture.js';

/** More runs on request: `PROPERTY_RUNS=2000 npx vitest run libs/rollout`. */
const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 80);
/** Many runs may take their time on a busy machine. */
const TIMEOUT_MS = 300_000;

const percent = fc.constantFrom(0, 1, 34, 50, 99, 100);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const soak = optional(fc.constantFrom(0, 90));

const rolling: fc.Arbitrary<RolloutStrategy> = fc.oneof(
  fc.record({
    type: fc.constant('rolling' as const),
    batch_size: fc.integer({ min: 1, max: 4 }),
    pause_between_s: soak,
  }),
  fc.record({ type: fc.constant('rolling' as const), batch_percent: fc.constantFrom(1, 33, 100) }),
);
const allAtOnce: fc.Arbitrary<RolloutStrategy> = fc.constant({ type: 'all_at_once' });
const share = fc.oneof(
  fc.record({ percent: fc.constantFrom(10, 50, 100), soak_s: soak, success_percent: optional(percent) }),
  fc.record({ count: fc.integer({ min: 1, max: 3 }), soak_s: soak, success_percent: optional(percent) }),
);
/** No wave would have nobody for sure. */
const isWithin100 = (waves: readonly object[]): boolean => {
  const shares = waves.map((wave) => ('percent' in wave ? Number(wave.percent) : 0));
  const sum = (of: readonly number[]) => of.reduce((all, one) => all + one, 0);
  return sum(shares) <= 100 && shares.every((_, index) => sum(shares.slice(0, index)) < 100);
};

const strategy: fc.Arbitrary<RolloutStrategy> = fc.oneof(
  allAtOnce,
  rolling,
  fc.tuple(share, optional(fc.oneof(allAtOnce, rolling))).map(([wave, then]): RolloutStrategy => {
    return { type: 'canary', ...wave, ...(then && { then }) };
  }),
  fc
    .array(share, { minLength: 1, maxLength: 3 })
    .filter((waves) => isWithin100(waves))
    .map((waves): RolloutStrategy => ({ type: 'staged', waves })),
);

const failure: fc.Arbitrary<FailureGate> = fc
  .record({
    threshold: fc.oneof(
      percent.map((value) => ({ percent: value })),
      fc.integer({ min: 0, max: 3 }).map((value) => ({ count: value })),
    ),
    min_finished: optional(fc.integer({ min: 1, max: 10 })),
    per: optional(fc.constantFrom('wave' as const, 'rollout' as const)),
    action: fc.constantFrom('pause' as const, 'pause' as const, 'abort' as const, 'rollback' as const),
  })
  .map(({ threshold, ...rest }) => ({ ...threshold, ...rest }));

const spec: fc.Arbitrary<Partial<RolloutSpec>> = fc.record({
  strategy,
  failure: optional(failure),
  membership: fc.constantFrom('snapshot' as const, 'continuous' as const),
  approval: fc.constantFrom('none' as const, 'none' as const, 'start' as const, 'every_wave' as const),
  limits: optional(
    fc.record({
      max_in_flight: optional(fc.integer({ min: 1, max: 4 })),
      max_per_minute: optional(fc.integer({ min: 1, max: 4 })),
    }),
  ),
  retry: optional(fc.record({ attempts: fc.integer({ min: 0, max: 2 }), backoff_s: fc.constantFrom(0, 30) })),
});

/** Another pace, other limits, another gate; null takes one away. */
const amendment: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc.record({ batch_size: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ batch_percent: fc.constantFrom(1, 25, 100), pause_between_s: fc.constantFrom(null, 0, 90) }),
  fc.record({ soak_s: fc.constantFrom(0, 90, null) }),
  fc.record({ limits: fc.oneof(fc.constant(null), fc.record({ max_in_flight: fc.constantFrom(1, 3, null) })) }),
  fc.record({ failure: fc.oneof(fc.constant(null), failure) }),
);

const ends = fc.constantFrom(
  'succeeded' as const,
  'succeeded' as const,
  'failed' as const,
  'loops' as const,
  'declined' as const,
  'cancelled' as const,
  'lost' as const,
);
const reports = fc.oneof(ends, fc.constantFrom('installing' as const, 'later' as const, 'later' as const));
type Step = (world: World) => void;
const pick = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 6 }).map(
      (most): Step =>
        (world) =>
          void world.round(most),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(pick, reports).map(
      ([which, what]): Step =>
        (world) =>
          world.report(which, what),
    ),
  },
  {
    weight: 2,
    arbitrary: pick.map(
      (which): Step =>
        (world) =>
          world.revert(which),
    ),
  },
  {
    weight: 2,
    arbitrary: pick.map(
      (which): Step =>
        (world) =>
          world.revertsMeanwhile(which),
    ),
  },
  {
    weight: 2,
    arbitrary: pick.map(
      (which): Step =>
        (world) =>
          world.succeedMeanwhile(which),
    ),
  },
  pick.map(
    (which): Step =>
      (world) =>
        world.take(which),
  ),
  fc.tuple(pick, fc.boolean()).map(
    ([which, anew]): Step =>
      (world) =>
        world.again(which, anew),
  ),
  pick.map(
    (which): Step =>
      (world) =>
        world.toggle(which),
  ),
  pick.map(
    (which): Step =>
      (world) =>
        world.comesUpLate(which),
  ),
  pick.map(
    (which): Step =>
      (world) =>
        world.moves(which, 'away'),
  ),
  {
    weight: 2,
    arbitrary: pick.map(
      (which): Step =>
        (world) =>
          world.moves(which, 'again'),
    ),
  },
  pick.map(
    (which): Step =>
      (world) =>
        world.revoke(which),
  ),
  pick.map(
    (which): Step =>
      (world) =>
        world.reinstate(which),
  ),
  pick.map(
    (which): Step =>
      (world) =>
        world.remove(which),
  ),
  fc.constant<Step>((world) => world.expire()),
  fc.constant<Step>((world) => world.join()),
  pick.map(
    (which): Step =>
      (world) =>
        world.replace(which),
  ),
  pick.map(
    (which): Step =>
      (world) =>
        world.supersede(which),
  ),
  {
    weight: 2,
    arbitrary: fc.constantFrom(0.4, 1, 29, 59.5, 61, 200).map(
      (s): Step =>
        (world) =>
          world.wait(s),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...ROLLOUT_ACTIONS).map(
      (action): Step =>
        (world) =>
          world.ask(action),
    ),
  },
  fc.nat(6).map(
    (wave): Step =>
      (world) =>
        world.askOf('skip', wave),
  ),
  fc.nat(6).map(
    (wave): Step =>
      (world) =>
        world.askOf('retry', wave),
  ),
  {
    weight: 2,
    arbitrary: amendment.map(
      (amend): Step =>
        (world) =>
          world.amend(amend),
    ),
  },
);

/** A device does not stay where it was brought, or found. */
const leaves: fc.Arbitrary<Step> = fc.tuple(pick, fc.boolean()).map(
  ([which, isFound]): Step =>
    (world) =>
      isFound ? world.moves(which, 'again') : world.revert(which),
);

const story = fc.record({
  spec,
  devices: fc.integer({ min: 0, max: 9 }),
  steps: fc.array(step, { maxLength: 60, size: 'max' }),
  last: fc.array(ends, { minLength: 1, maxLength: 5 }),
  afterwards: fc.array(fc.oneof(step, leaves), { maxLength: 15, size: 'max' }),
});

/** The rollout comes to its end, and once more after whatever happens then. */
function endsTwice(world: World, { last, afterwards }: { last: readonly Report[]; afterwards: readonly Step[] }): void {
  for (const then of [[], afterwards]) {
    for (const one of then) one(world);
    world.settle(last);
    world.checkEnd();
  }
}

describe('whatever happens to a rollout', () => {
  // World looks after each event: counts, limits, gates, ends that stay; and at the end that there is one, and that a replay is the same.
  it(
    'keeps its counts, its limits and its gates, and ends with every device in one end',
    () => {
      fc.assert(
        fc.property(story, ({ spec: spec, devices, steps, ...rest }) => {
          const world = new World(spec, devices);
          for (const one of steps) one(world);
          endsTwice(world, rest);
        }),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );

  it.each(['abort', 'rollback'] as const)(
    '%s ends it',
    (action) => {
      fc.assert(
        fc.property(story, ({ spec: spec, devices, steps, ...rest }) => {
          const world = new World(spec, devices);
          for (const one of steps) one(world);
          world.ask(action);
          endsTwice(world, rest);
        }),
        { numRuns: Math.ceil(numRuns / 2) },
      );
    },
    TIMEOUT_MS,
  );
});
