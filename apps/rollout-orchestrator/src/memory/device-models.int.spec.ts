import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceUpdateState } from '@edgeflow/device-update';
import type { FoldDatabase, RowClass } from '@edgeflow/fold';
import { startRealAndModel, type RealAndModel } from '@edgeflow/fold/conformance';
import { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { DUE_DEVICES, WAITING_FOR_REVOKED } from '../devices/due-devices.js';
import { HELD_WINDOWS } from '../devices/timed-updates.js';
import { orchestratorModels } from '../memory.js';
import { ENTITIES } from '../processors/orchestrator.fold.js';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { firmwareUse } from '../rows/firmware-use.js';
import { FirmwareRow } from '../rows/firmware.row.js';

let both: RealAndModel | undefined;
let real: FoldDatabase;
let model: FoldDatabase;

beforeAll(async () => {
  both = await startRealAndModel(ENTITIES, orchestratorModels);
  ({ real, model } = both);
});
afterAll(() => both?.stop());

/* Few of each, so that rows are about the same things. They fit no history: queries have to agree on whatever there is. */
const org = fc.constantFrom('acme', 'acme', 'acme', 'globex');
const version = fc.constantFrom('1.0.0', '2.0.0', '3.0.0');
const firmware_id = fc.constantFrom('fw_1', 'fw_2', 'fw_3');
const machine_model = fc.constantFrom('m1', 'm1', 'm2');
const fleet = fc.constantFrom('north', 'south');
const window = fc.constantFrom('{"cron":"0 1 * * *"}', '{"cron":"0 2 * * *"}');
const hour = fc.integer({ min: 0, max: 9 });
const time = hour.map((n) => new Date(Date.UTC(2026, 1, 21, n)).toISOString());
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const postponed = fc.record(
  { until: time, begun: fc.constant(true), phase: fc.constant('downloading') },
  { requiredKeys: ['until'] },
);
const accepted = { plan: fc.record({ firmware_id, version }) };
const update = fc.oneof(
  fc.record({ status: fc.constant('none') }),
  fc.record({ status: fc.constant('queued'), ...accepted, postponed: maybe(postponed) }),
  fc.record({ status: fc.constantFrom('dispatched', 'ending'), ...accepted }),
);
const state = fc
  .record({
    ...{ update, good: fc.array(version, { maxLength: 3 }), abandoned_version: maybe(version) },
    requests: fc.array(fc.record({ kind: fc.constantFrom('update', 'rollback', 'cancel') }), { maxLength: 2 }),
    kept: maybe(fc.record({ lost: fc.record({ version }) }, { requiredKeys: [] })),
  })
  .map((one) => one as unknown as DeviceUpdateState);
const device = fc.record({
  ...{ org, state, due: fc.boolean(), wake_at: fc.option(time), model: fc.option(machine_model, { freq: 9 }) },
  registration: fc.constantFrom('unknown' as const, 'registered' as const, 'registered' as const, 'revoked' as const),
  ...{ version: fc.option(version), unconfirmed: fc.boolean(), goes_back_to: fc.option(version), busy: fc.boolean() },
  held: fc.boolean(),
  ...{ held_until: fc.option(time), held_window: fc.option(window), held_fleet: fc.option(fleet) },
});
const devices = fc.array(device, { maxLength: 12 }).map((all) =>
  all.map((one, n): DeviceStateRow => ({
    ...{ device_id: `d${n}`, position: ((n * 7) % 13) + 1, lane_position: n, fleet: null, tags: [], online: true },
    ...{ highest_counter: null, born_after: null, signing: null },
    ...one,
  })),
);
const firmwares = fc
  .uniqueArray(fc.record({ org, firmware_id, revoked: fc.boolean() }), {
    maxLength: 4,
    selector: (one) => `${one.org}/${one.firmware_id}`,
  })
  .map((all) =>
    all.map((one): FirmwareRow => ({
      ...{ model: 'm1', version: '1.0.0', sha256: '', size: 1, key: '', min_version: null, signature: null },
      ...{ deletion_id: null, withdrawn: false, ...one },
    })),
  );
const rollout = fc.record({
  ...{ org, version: fc.option(version) },
  status: fc.constantFrom(
    ...(['requested', 'rejected', 'accepted', 'running', 'paused', 'completed', 'aborted', 'rolling_back'] as const),
  ),
  state: fc.oneof(
    fc.record({ spec: fc.record({ membership: fc.constantFrom('continuous', 'fixed') }, { requiredKeys: [] }) }),
    fc.constant({}),
  ),
});
const rollouts = fc.array(rollout, { maxLength: 5 }).map(
  (all) =>
    all.map((one, n) => ({
      ...{
        rollout_id: `r${n}`,
        priority: 0,
        active: true,
        claims: true,
        lane_position: 1,
        first_position: n,
        position: n + 1,
      },
      ...one,
    })) as unknown as RolloutRow[],
);
const member = fc.record({
  ...{ org, version, rollout_id: fc.constantFrom('r0', 'r1', 'r2', 'r3') },
  device_id: fc.constantFrom('d0', 'd1', 'd2', 'd3', 'd4'),
  status: fc.constantFrom(...(['waiting', 'in_flight', 'succeeded', 'failed', 'skipped'] as const)),
  stage: fc.constantFrom('forward' as const, 'rollback' as const),
});
const members = fc
  .uniqueArray(member, { maxLength: 12, selector: (one) => [one.org, one.rollout_id, one.stage, one.device_id].join() })
  .map((all) =>
    all.map((one, rank): MemberRow => ({
      ...{ rank, wave: 0, from_version: null, attempt: 0, tries_before: 0, update_id: null, deadline_at: null },
      ...{ not_before: null, code: null, detail: null, reverted: false, joined: false, planned_position: 1 },
      ...{ changed_at: '2026-02-21T12:00:00.000Z', position: 1, ...one },
    })),
  );
const all = fc.record({ devices, firmwares, rollouts, members });
type RandomRows = typeof all extends fc.Arbitrary<infer R> ? R : never;

/** What both give, with the same rows in them. */
async function bothOf<T>(there: RandomRows, ask: (database: FoldDatabase) => Promise<T>): Promise<[T, T]> {
  const given = async (database: FoldDatabase): Promise<T> => {
    const { rows } = database;
    const tables: RowClass<object>[] = [DeviceStateRow, FirmwareRow, RolloutRow, MemberRow];
    for (const table of tables) await rows.remove(table, {});
    await rows.add(DeviceStateRow, there.devices);
    await rows.add(FirmwareRow, there.firmwares);
    await rows.add(RolloutRow, there.rollouts);
    await rows.add(MemberRow, there.members);
    return ask(database);
  };
  return [await given(real), await given(model)];
}

describe('the model in memory says as PostgreSQL does', () => {
  it('which devices are due', async () => {
    const windows = fc.record({
      open: fc.subarray(['{"cron":"0 1 * * *"}', '{"cron":"0 2 * * *"}']),
      closed: fc.subarray(['acme/north', 'globex/north', 'acme/south']),
    });
    const at = hour.map((n) => new Date(Date.UTC(2026, 1, 21, n)));
    const asked = fc.record({ has_room: fc.boolean(), at, held: maybe(windows), limit: fc.constantFrom(2, 300) });
    await fc.assert(
      fc.asyncProperty(all, asked, async (there, of) => {
        const [said, modelled] = await bothOf(there, ({ rows }) => rows.select(DUE_DEVICES, of));
        expect(modelled).toEqual(said);
      }),
      { numRuns: 150 },
    );
  });

  it('who waits for what is revoked, and which windows are named', async () => {
    const ids = (rows: readonly DeviceStateRow[]) => rows.map((one) => `${one.org}/${one.device_id}`).toSorted();
    await fc.assert(
      fc.asyncProperty(all, async (there) => {
        const [said, modelled] = await bothOf(there, async ({ rows }) => ({
          waiting: ids(await rows.select(WAITING_FOR_REVOKED, { limit: 300 })),
          windows: (await rows.select(HELD_WINDOWS, {})).map(({ key }) => key).toSorted(),
        }));
        expect(modelled).toEqual(said);
      }),
      { numRuns: 100 },
    );
  });

  it('who needs a firmware', async () => {
    const firmware = fc.record({ org, model: machine_model, version, firmware_id });
    await fc.assert(
      fc.asyncProperty(all, firmware, async (there, of) => {
        const [said, modelled] = await bothOf(there, ({ rows }) => firmwareUse(rows, of));
        expect(modelled).toEqual(said);
      }),
      { numRuns: 150 },
    );
  });
});
