import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import { emptyLane, evolve, isDue } from '@edgeflow/device-update';
import type { FoldDefinition } from '@edgeflow/fold';
import { DeviceLaneRow } from './device-lane.row.js';
import { FirmwareRow } from './firmware.row.js';

/** The device whose lane an event belongs to; undefined for a firmware's events. */
function deviceOf(event: StoredEvent): string | undefined {
  return 'device_id' in event.data ? event.data.device_id : undefined;
}

/** The fold of everything that decisions depend on: one row per device, one per firmware. */
export const orchestratorFold = (dispatcher: { nudge(): void }): FoldDefinition => ({
  name: 'rollout-orchestrator-fold',
  version: 1,
  entities: [DeviceLaneRow, FirmwareRow],
  filters: ['ota.>'],
  apply: async (batch, tx) => {
    await foldFirmware(batch, tx);
    await foldLanes(batch, tx);
  },
  committed: () => dispatcher.nudge(),
});

async function foldFirmware(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  for (const event of batch) {
    if (event.type === 'FirmwareUploaded') {
      const { firmware_id, model, version, sha256, size, key, min_version = null } = event.data;
      const row = { org: event.org, firmware_id, model, version, sha256, size, key, min_version, revoked: false };
      await tx.upsert(FirmwareRow, row, ['org', 'firmware_id']);
    } else if (event.type === 'FirmwareRevoked') {
      await tx.update(FirmwareRow, { org: event.org, firmware_id: event.data.firmware_id }, { revoked: true });
    }
  }
}

async function foldLanes(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  const byLane = Map.groupBy(
    batch.filter((event) => deviceOf(event) !== undefined),
    (event) => `${event.org}/${deviceOf(event)}`,
  );
  if (byLane.size === 0) return;
  const rows = await loadRows(byLane.keys(), tx);
  const next = [...byLane].map(([key, events]) => advance(rows.get(key) ?? emptyRow(key), events));
  await tx.upsert(DeviceLaneRow, next as never[], ['org', 'device_id']);
}

function emptyRow(key: string): DeviceLaneRow {
  const [org = '', device_id = ''] = key.split('/');
  return { org, device_id, lane_position: 0, position: 0, due: false, state: emptyLane };
}

async function loadRows(keys: Iterable<string>, tx: EntityManager): Promise<Map<string, DeviceLaneRow>> {
  const wanted = [...keys].map((key) => key.split('/'));
  const found = await tx
    .createQueryBuilder(DeviceLaneRow, 'lane')
    .where('(lane.org, lane.device_id) IN (SELECT * FROM unnest(:orgs::text[], :ids::text[]))', {
      orgs: wanted.map(([org]) => org),
      ids: wanted.map(([, id]) => id),
    })
    .getMany();
  return new Map(found.map((row) => [`${row.org}/${row.device_id}`, row]));
}

/** The row after its events; what it has already is passed over. */
export function advance(row: DeviceLaneRow, events: readonly StoredEvent[]): DeviceLaneRow {
  const next = { ...row };
  for (const event of events) {
    if (event.position <= next.position) continue;
    next.state = evolve(next.state, event);
    next.position = event.position;
    if (event.entity === 'update') next.lane_position = event.position;
  }
  return { ...next, due: isDue(next.state) };
}
