import fc from 'fast-check';
import type { DeviceUpdateState } from '@edgeflow/device-update';
import type { FoldDatabase, RowClass } from '@edgeflow/fold';
import { POSTPONED } from '@edgeflow/rollout';
import { ExclusionRow, MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { DeviceStateRow } from '../rows/device-state.row.js';
import { FirmwareRow } from '../rows/firmware.row.js';

/** Rows of every table that queries about rollouts read. They fit no history: queries have to agree on whatever there is. */
export interface RandomRows {
  devices: DeviceStateRow[];
  rollouts: RolloutRow[];
  members: MemberRow[];
  exclusions: ExclusionRow[];
  firmwares: FirmwareRow[];
}

/** Few of each, so that rows are about the same things. */
export const org = fc.constantFrom(...Array<string>(9).fill('acme'), 'globex');
export const rollout_id = fc.constantFrom('r1', 'r1', 'r2', 'r3');
export const device_id = fc.constantFrom('d1', 'd2', 'd3', 'd4', 'd5');
export const version = fc.constantFrom('1.0.0', '2.0.0', '2.0.0', '3.0.0');
export const fleet = fc.constantFrom('north', 'south');
export const model = fc.constantFrom('m1', 'm2');
export const tag = fc.constantFrom('lab', 'field');
export const stage = fc.constantFrom('forward' as const, 'forward' as const, 'rollback' as const);
export const waves = fc.subarray([0, 1, 2], { minLength: 1 });
const position = fc.integer({ min: 1, max: 12 });
const hour = (n: number): string => new Date(Date.UTC(2026, 1, 21, n)).toISOString();
const time = position.map(hour);
/** Mostly later than all others. */
export const late = fc.oneof(time, fc.constant(hour(13)), fc.constant(hour(14)));
const mostly = fc.constantFrom(true, true, true, false);
const seldom = fc.constantFrom(false, false, false, true);
const nullable = <T>(one: fc.Arbitrary<T>, freq = 3) => fc.option(one, { freq });
/** Absent as often as not: JSON leaves it out. */
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined, freq: 2 });

const phase = fc.constantFrom('downloading', 'installing', 'rebooting');
const update = fc.record({
  status: fc.constantFrom('none', 'queued', 'queued', 'dispatched', 'ending'),
  postponed: maybe(fc.record({ until: time, phase: maybe(phase) })),
  ...{ phase: maybe(phase), put_off: maybe(fc.record({ at: time })) },
  plan: fc.record({ rollback: maybe(fc.constant(true)) }),
});
/** One that only waits for the time that somebody chose. */
const waits = fc.constant({ status: 'queued', postponed: { until: hour(3) }, plan: {} });
const told = fc.record({ version, rollout_id: nullable(rollout_id), completed: maybe(fc.constant(true)) });
const kept = fc.record({
  which: fc.record({ version, rollout_id: maybe(rollout_id) }),
  lost: maybe(fc.record({ version })),
});
/** As far as queries look into it. */
const state = fc
  .record({
    update: fc.oneof(update, waits),
    good: fc.uniqueArray(version),
    told: maybe(fc.array(told, { maxLength: 2 })),
    kept: maybe(kept),
  })
  .map((one) => JSON.parse(JSON.stringify(one)) as DeviceUpdateState);

const device = fc.record({
  ...{ org, device_id, lane_position: position, position, due: fc.boolean(), wake_at: nullable(time) },
  registration: fc.constantFrom('registered', 'registered', 'registered', 'registered', 'revoked', 'unknown'),
  ...{ model: nullable(model, 6), fleet: nullable(fleet), tags: fc.subarray(['lab', 'field']) },
  ...{ version: nullable(version, 6), unconfirmed: seldom, goes_back_to: nullable(version), online: mostly },
  ...{ busy: fc.boolean(), highest_counter: nullable(position), born_after: nullable(position, 2), state },
  signing: nullable(fc.record({ enrolled_at: position })),
});

const rollout = fc.record({
  ...{ org, rollout_id, version: nullable(version, 6), priority: fc.nat(2), active: fc.boolean(), claims: mostly },
  status: fc.constantFrom('requested', 'running', 'paused', 'aborted', 'completed'),
  ...{ lane_position: position, position, state: fc.record({ status: fc.constant('none'), note: fc.nat(9) }) },
});

const code = fc.constantFrom(POSTPONED, POSTPONED, POSTPONED, 'already-on-target', 'device-offline');
const member = fc.record({
  ...{ org, rollout_id, stage, device_id, wave: fc.nat(2), version, from_version: nullable(version, 2) },
  status: fc.constantFrom(
    'waiting',
    'waiting',
    'in_flight',
    'in_flight',
    'succeeded',
    'succeeded',
    'failed',
    'skipped',
  ),
  ...{ attempt: fc.nat(3), tries_before: fc.nat(3), update_id: fc.constantFrom('u1', 'u2') },
  ...{ deadline_at: nullable(time), not_before: nullable(time, 3), code: nullable(code, 6), reverted: seldom },
  ...{ joined: fc.boolean(), planned_position: position, changed_at: time, position },
});

const reason = fc.constantFrom('already-on-target', 'device-revoked', 'model-mismatch', 'update-in-progress', 'other');
const exclusion = fc.record({ org, rollout_id, stage, device_id, reason, planned_position: position });

const firmware = fc.record({
  ...{ org, firmware_id: fc.constantFrom('f1', 'f2', 'f3', 'f4'), model, version, withdrawn: seldom },
  ...{ sha256: fc.constant(''), size: position, key: fc.constant(''), min_version: fc.constant(null) },
  ...{ revoked: fc.constant(false), signature: fc.constant(null), deletion_id: fc.constant(null) },
});

/** Rows of different keys. */
function some<T>(one: fc.Arbitrary<T>, columns: readonly (keyof T)[], maxLength: number): fc.Arbitrary<T[]> {
  const key = (row: T): string => columns.map((column) => String(row[column])).join('/');
  return fc.uniqueArray(one, { selector: key, minLength: maxLength / 2, maxLength, size: 'max' });
}

export const randomRows: fc.Arbitrary<RandomRows> = fc.record({
  devices: some(device, ['org', 'device_id'], 8).map((all) =>
    all.map((one) => ({
      ...{ ...one, held: false, held_until: null, held_window: null, held_fleet: null },
      registration: one.registration as DeviceStateRow['registration'],
    })),
  ),
  // Each begins at an event of its own.
  rollouts: some(rollout, ['org', 'rollout_id'], 4).map((all) =>
    all.map((one, index) => ({ ...one, first_position: (index * 5) % 7 }) as unknown as RolloutRow),
  ),
  // Each has a place of its own.
  members: some(member, ['org', 'rollout_id', 'stage', 'device_id'], 28).map((all) =>
    all.map((one, index) => ({ ...one, rank: (index * 7) % 29, detail: null }) as MemberRow),
  ),
  exclusions: some(exclusion, ['org', 'rollout_id', 'stage', 'device_id'], 8),
  firmwares: some(firmware, ['org', 'firmware_id'], 4),
});

const TABLES: RowClass<object>[] = [DeviceStateRow, RolloutRow, MemberRow, ExclusionRow, FirmwareRow];

/** Makes the tables of a database hold these rows and no others. */
export async function fill({ rows }: FoldDatabase, all: RandomRows): Promise<void> {
  for (const table of TABLES) await rows.remove(table, {});
  await rows.add(DeviceStateRow, all.devices);
  await rows.add(RolloutRow, all.rollouts);
  await rows.add(MemberRow, all.members);
  await rows.add(ExclusionRow, all.exclusions);
  await rows.add(FirmwareRow, all.firmwares);
}
