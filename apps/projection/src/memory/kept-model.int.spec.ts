import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FoldDatabase } from '@edgeflow/fold';
import { startRealAndModel, type RealAndModel } from '@edgeflow/fold/conformance';
import { POSTPONED } from '@edgeflow/rollout';
import { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { projectionModels } from '../memory.js';
import { ENTITIES } from '../processors/projection.fold.js';
import { IN_FLIGHT } from '../queries/in-flight.select.js';
import { KEPT } from '../queries/kept.select.js';
import { WANTING } from '../queries/more-urgent.select.js';
import { DeviceRow, OTA_STATUSES } from '../rows/device.row.js';

let both: RealAndModel | undefined;
let real: FoldDatabase;
let model: FoldDatabase;

beforeAll(async () => {
  both = await startRealAndModel(ENTITIES, projectionModels);
  ({ real, model } = both);
});
afterAll(() => both?.stop());

/* Few of each, so that rows are about the same things. They fit no history: queries have to agree on whatever there is. */
const org = fc.constantFrom('acme', 'acme', 'acme', 'globex');
const rollout_id = fc.constantFrom('r0', 'r1', 'r2');
const stage = fc.constantFrom('forward' as const, 'rollback' as const);
const fleets = fc.subarray(['north', 'south']);
const hour = fc.integer({ min: 0, max: 9 });
const time = hour.map((n) => new Date(Date.UTC(2026, 1, 21, n)).toISOString());
const priority = fc.integer({ min: 0, max: 2 });

const AT = '2026-02-21T12:00:00.000Z';
const nothing = {
  ...{ current_version: null, target_version: null, progress: 0, last_update_at: null, phase: null, failure: null },
  ...{ postponed: null, update_id: null, update_number: null, rollout_id: null, requested_by: null, source: null },
  ...{ previous_version: null, model: 'm1', tags: [], session_id: null, boot_id: null, last_seen_at: null },
  ...{ registered_at: AT, revoked: false, confirmed: true, drifted: false, attempts_on_version: null },
  ...{ attempts: {}, before: null, abandoned_version: null, position: 1 },
};
const device = fc.record({
  ...{ org, device_id: fc.constantFrom('d0', 'd1', 'd2', 'd3'), ota_status: fc.constantFrom(...OTA_STATUSES) },
  ...{ fleet: fc.option(fc.constantFrom('north', 'south')), online: fc.boolean() },
});
const devices = fc
  .uniqueArray(device, { maxLength: 6, selector: (one) => [one.org, one.device_id].join() })
  .map((all) => all.map((one): DeviceRow => ({ ...nothing, ...one })));
const rollouts = fc
  .uniqueArray(
    fc.record({ org, rollout_id, priority, status: fc.constantFrom('running', 'rolling_back', 'paused', 'completed') }),
    { maxLength: 5, selector: (one) => [one.org, one.rollout_id].join() },
  )
  .map(
    (all) =>
      all.map((one, n) => ({
        ...{ version: '2.0.0', active: true, claims: true, lane_position: 1, first_position: n, position: 1 },
        ...{ state: {}, ...one },
      })) as unknown as RolloutRow[],
  );
const member = fc.record({
  ...{ org, rollout_id, stage, wave: fc.integer({ min: 0, max: 1 }) },
  device_id: fc.constantFrom('d0', 'd1', 'd2', 'd3', 'd4'),
  status: fc.constantFrom(...(['waiting', 'waiting', 'waiting', 'in_flight', 'in_flight', 'failed'] as const)),
  ...{ not_before: fc.option(time), deadline_at: fc.option(time), changed_at: time },
  code: fc.option(fc.constantFrom(POSTPONED, 'install-failed')),
});
const members = fc
  .uniqueArray(member, { maxLength: 14, selector: (one) => [one.org, one.rollout_id, one.stage, one.device_id].join() })
  .map((all) =>
    all.map((one, rank): MemberRow => ({
      ...{ rank, version: '2.0.0', from_version: null, attempt: 0, tries_before: 0, update_id: null, detail: null },
      ...{ reverted: false, joined: false, planned_position: 1, position: 1, ...one },
    })),
  );
const all = fc.record({ devices, rollouts, members });
type RandomRows = typeof all extends fc.Arbitrary<infer R> ? R : never;
const asked = fc.record({
  ...{ org, rollout_id, stage, priority, at: time, closed: fleets, apart_from: fleets, outranked: fc.boolean() },
  waves: fc.subarray([0, 1], { minLength: 1 }),
});

/** What both give, with the same rows in them. */
async function bothOf<T>(there: RandomRows, ask: (database: FoldDatabase) => Promise<T>): Promise<[T, T]> {
  const given = async (database: FoldDatabase): Promise<T> => {
    const { rows } = database;
    for (const table of [DeviceRow, RolloutRow, MemberRow]) await rows.remove<object>(table, {});
    await rows.add(DeviceRow, there.devices);
    await rows.add(RolloutRow, there.rollouts);
    await rows.add(MemberRow, there.members);
    return ask(database);
  };
  return [await given(real), await given(model)];
}

describe('the model in memory says as PostgreSQL does', () => {
  it('what keeps the devices of a rollout, who is in flight, and which rollouts come first', async () => {
    await fc.assert(
      fc.asyncProperty(all, asked, async (there, of) => {
        const [said, modelled] = await bothOf(there, async ({ rows }) => ({
          kept: await rows.select(KEPT, of),
          in_flight: await rows.select(IN_FLIGHT, of),
          wanting: await rows.select(WANTING, of),
        }));
        expect(modelled).toEqual(said);
      }),
      { numRuns: 200 },
    );
  });
});
