import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FoldDatabase, Query } from '@edgeflow/fold';
import { startRealAndModel, type RealAndModel } from '@edgeflow/fold/conformance';
import { ENTITIES } from '../processors/orchestrator.fold.js';
import { TO_DECIDE } from '../processors/rollouts.processor.js';
import { TO_BRING_BACK } from '../rollouts/bring-back.js';
import { RECALLABLE_DEVICES, UNREACHABLE } from '../rollouts/candidates.js';
import { LATER_CLAIMERS } from '../rollouts/claims.js';
import { DEPARTED } from '../rollouts/departed.js';
import { JOINERS } from '../rollouts/joiners.js';
import { CLAIMED_MOVED, CLAIMED_OPEN, CLAIMED_WAITING } from '../rollouts/lost-devices.js';
import { LOST_SUCCESSES } from '../rollouts/lost-successes.js';
import { FIRST_TOLD, PUT_OFF } from '../rollouts/ready-devices.js';
import { SHARES } from '../rollouts/shared-devices.js';
import { RUNNING_VERSIONS, TARGETED_DEVICES } from '../rollouts/targeted-devices.js';
import { ON_THE_WAY } from '../rollouts/ways-back.js';
import * as random from './random-rows.fixture.js';
import { rolloutModels } from './rollout-models.js';

const RUNS = 100;
/** Five thousand questions, each asked of both: on a machine that does other things as well they take minutes. */
const TIMEOUT_MS = 600_000;
let both: RealAndModel | undefined;
let real: FoldDatabase;
let model: FoldDatabase;

beforeAll(async () => {
  both = await startRealAndModel(ENTITIES, rolloutModels);
  ({ real, model } = both);
});
afterAll(() => both?.stop());

const { org, rollout_id, stage, waves, version, late, device_id, fleet, tag } = random;
const rollouts = fc.uniqueArray(fc.constantFrom('r1', 'r2', 'r3'), { maxLength: 3 });
/** No rollout is of both priorities. */
const claimers = fc
  .record({ any: rollouts, lower: rollouts, aborted: rollouts })
  .map(({ any, lower, aborted }) => ({ all: any.filter((id) => !lower.includes(id)), aborted, lower }));
const limit = fc.constantFrom(2, 5, 100);
const devices = fc.uniqueArray(device_id, { maxLength: 5 });
const ofRollout = { org, rollout_id, limit };
const ofWaves = { ...ofRollout, stage, waves };
const fleets = fc.subarray(['north', 'south']);
const anyVersion = fc.option(version, { freq: 5 });
const filter = fc.record(
  { fleet, model: random.model, online: fc.boolean(), tags: fc.uniqueArray(tag, { minLength: 1 }) },
  { requiredKeys: [] },
);
const target = fc.oneof(fc.constant({}), fc.record({ fleet }), fc.record({ devices }), fc.record({ filter }));
const ofClaimed = fc.record({ ...ofWaves, version: anyVersion, claimers });
const told = {
  ...{ ...ofWaves, at: late, dispatched: fc.uniqueArray(device_id, { maxLength: 1 }), version: anyVersion },
  ...{ force: fc.boolean(), others: fc.boolean(), closedFleets: fleets, moreUrgent: rollouts, claimers },
};
const joiners = {
  ...{ ...ofRollout, target, wanted: version, claimers, models: fc.subarray(['m1', 'm2']) },
  passing: fc.constant(['update-in-progress']),
  versions: fc.option(fc.uniqueArray(version)),
};

/** A query, what it is asked with, and whether its answer has an order. */
interface Asked {
  query: Query<never, object>;
  of: unknown;
  isOrdered: boolean;
}
const asked = <P>(query: Query<P, object>, parameters: fc.Arbitrary<P>, isOrdered = true): fc.Arbitrary<Asked> =>
  parameters.map((of) => ({ query, of, isOrdered }));

/** Each of them in its turn. */
const QUESTIONS = [
  asked(TO_DECIDE, fc.constant({})),
  asked(LATER_CLAIMERS, fc.record({ org, first_position: fc.nat(6), priority: fc.nat(2), version: anyVersion })),
  asked(PUT_OFF, fc.record(told)),
  asked(FIRST_TOLD, fc.record(told)),
  asked(UNREACHABLE, fc.record({ ...ofWaves, since: late, fleets })),
  asked(
    RECALLABLE_DEVICES,
    fc.record({
      ...ofRollout,
      stages: fc.subarray(['forward' as const, 'rollback' as const]),
      waves: fc.option(waves),
    }),
  ),
  asked(CLAIMED_WAITING, ofClaimed),
  asked(CLAIMED_OPEN, ofClaimed),
  asked(CLAIMED_MOVED, ofClaimed),
  asked(LOST_SUCCESSES, fc.record({ ...ofRollout, waves })),
  asked(DEPARTED, fc.record({ limit })),
  asked(TO_BRING_BACK, fc.record({ ...ofRollout, over: fc.boolean() })),
  asked(ON_THE_WAY, fc.record({ ...ofRollout, after: fc.constantFrom('', 'd2') })),
  asked(SHARES, fc.record({ org, rollout_id, devices })),
  asked(TARGETED_DEVICES, fc.record({ org, rollout_id, target })),
  asked(JOINERS, fc.record(joiners)),
  asked(RUNNING_VERSIONS, fc.record({ org, target }), false),
];

async function answerOf({ rows }: FoldDatabase, { query, of, isOrdered }: Asked): Promise<object[]> {
  const answer = await rows.select(query, of as never);
  return isOrdered ? answer : answer.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe('queries about rollouts are in memory what they are in PostgreSQL', () => {
  const filled = async (all: random.RandomRows): Promise<void> => {
    for (const database of [real, model]) await random.fill(database, all);
  };

  it(
    'whatever rows there are',
    async () => {
      const found = new Map<string, number>();
      const questions = fc.tuple(...QUESTIONS, ...QUESTIONS, ...QUESTIONS);
      await fc.assert(
        fc.asyncProperty(random.randomRows, questions, async (all, each) => {
          await filled(all);
          for (const one of each) {
            const { name } = one.query;
            const answer = await answerOf(real, one);
            expect(await answerOf(model, one), name).toEqual(answer);
            found.set(name, (found.get(name) ?? 0) + answer.length);
          }
        }),
        { numRuns: RUNS },
      );
      expect([...found].filter(([, rows]) => rows < 2)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it('page by page as well', async () => {
    const pagesOf = (database: FoldDatabase, size: number) =>
      database.asOfOneMoment((moment) =>
        Array.fromAsync(moment.pages(TARGETED_DEVICES, { org: 'acme', rollout_id: 'r1', target: {} }, size)),
      );
    await fc.assert(
      fc.asyncProperty(random.randomRows, fc.integer({ min: 1, max: 4 }), async (all, size) => {
        await filled(all);
        expect(await pagesOf(model, size)).toEqual(await pagesOf(real, size));
      }),
      { numRuns: RUNS / 10 },
    );
  });
});
