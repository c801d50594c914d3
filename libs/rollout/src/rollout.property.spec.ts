import fc from 'fast-check';
import { describe, it } from 'vitest';
import { ROLLOUT_ACTIONS, type FailureGate, type RolloutSpec, type RolloutStrategy } from '@edgeflow/contracts';
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
const strategy: fc.Arbitrary<RolloutStrategy> = fc.oneof(
  allAtOnce,
  rolling,
  fc.tuple(share, optional(fc.oneof(allAtOnce, rolling))).map(([wave, then]): RolloutStrategy => {
    return { type: 'canary', ...wave, ...(then && { then }) };
  }),
  fc.array(share, { minLength: 1, maxLength: 3 }).map((waves): RolloutStrategy => ({ type: 'staged', waves })),
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

const wish: fc.Arbitrary<Partial<RolloutSpec>> = fc.record({
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

const ends = fc.constantFrom(
  'succeeded' as const,
  'succeeded' as const,
  'failed' as const,
  'declined' as const,
  'lost' as const,
);
const reports = fc.oneof(ends, fc.constant('installing' as const));
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
  fc.constant<Step>((world) => world.expire()),
  fc.constant<Step>((world) => world.join()),
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
);

const story = fc.record({
  wish,
  devices: fc.integer({ min: 0, max: 9 }),
  steps: fc.array(step, { maxLength: 60, size: 'max' }),
  last: fc.array(ends, { minLength: 1, maxLength: 5 }),
});

describe('whatever happens to a rollout', () => {
  // World looks after each event: counts, limits, gates, ends that stay; and at the end that there is one, and that a replay is the same.
  it(
    'keeps its counts, its limits and its gates, and ends with every device in one end',
    () => {
      fc.assert(
        fc.property(story, ({ wish: spec, devices, steps, last }) => {
          const world = new World(spec, devices);
          for (const one of steps) one(world);
          world.settle(last);
          world.checkEnd();
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
        fc.property(story, ({ wish: spec, devices, steps, last }) => {
          const world = new World(spec, devices);
          for (const one of steps) one(world);
          world.ask(action);
          world.settle(last);
          world.checkEnd();
        }),
        { numRuns: Math.ceil(numRuns / 2) },
      );
    },
    TIMEOUT_MS,
  );
});
