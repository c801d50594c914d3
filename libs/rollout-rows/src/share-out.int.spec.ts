import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FoldDatabase } from '@edgeflow/fold';
import { startRealAndModel, type RealAndModel } from '@edgeflow/fold/conformance';
import { MemberRow } from './member.row.js';
import { MODELS } from './memory.js';
import { SHARE_OUT } from './share-out.js';

let both: RealAndModel | undefined;
let real: FoldDatabase;
let model: FoldDatabase;

beforeAll(async () => {
  both = await startRealAndModel([MemberRow], MODELS);
  ({ real, model } = both);
});
afterAll(() => both?.stop());

const member = fc.record({
  rollout_id: fc.constantFrom('r', 'r', 'r', 's'),
  stage: fc.constantFrom('forward' as const, 'forward' as const, 'rollback' as const),
  wave: fc.nat(4),
  status: fc.constantFrom('waiting' as const, 'waiting' as const, 'succeeded' as const, 'skipped' as const),
});
/** Ranks are of a stage, and each device has one of its own. */
const members = fc.array(member, { maxLength: 20 }).map((all) =>
  all.map((one, rank): MemberRow => ({
    ...{ org: 'acme', ...one, device_id: `d${rank}`, rank: (rank * 7) % 20, version: '2.0.0', from_version: null },
    ...{ attempt: 0, tries_before: 0, update_id: null, deadline_at: null, not_before: null, code: null, detail: null },
    ...{ reverted: false, joined: false, planned_position: 1, changed_at: '2026-02-21T12:00:00.000Z', position: 1 },
  })),
);
const shares = fc.record({
  org: fc.constant('acme'),
  rollout_id: fc.constant('r'),
  from: fc.nat(4),
  ended: fc.nat(6),
  bounds: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }).map((all) => all.toSorted((a, b) => a - b)),
  position: fc.constant(9),
});

async function shared({ rows }: FoldDatabase, all: MemberRow[], as: Parameters<typeof SHARE_OUT.bind>[0]) {
  await rows.remove(MemberRow, {});
  await rows.add(MemberRow, all);
  await rows.run(SHARE_OUT, as);
  return rows.range(MemberRow, {}, { order: { device_id: 'asc', rollout_id: 'asc', stage: 'asc' } });
}

it('shares devices out in memory as PostgreSQL does', async () => {
  await fc.assert(
    fc.asyncProperty(members, shares, async (all, as) => {
      expect(await shared(model, all, as)).toEqual(await shared(real, all, as));
    }),
    { numRuns: 200 },
  );
});
