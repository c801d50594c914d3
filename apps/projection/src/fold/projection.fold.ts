import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import { insertMissing, type FoldDefinition } from '@edgeflow/fold';
import {
  ExclusionRow,
  FleetWindowRow,
  MemberRow,
  RolloutRow,
  foldFleetWindows,
  foldRollouts,
  passRollouts,
} from '@edgeflow/rollout-rows';
import { evolve } from '../devices/device.evolve.js';
import type { DeviceRecord } from '../devices/device.record.js';
import { DeviceRow } from '../devices/device.row.js';
import { evolveFirmware, isOfFirmware } from '../firmware/firmware.evolve.js';
import { FirmwareRow } from '../firmware/firmware.row.js';
import { RolloutTimelineRow } from '../rollouts/rollout-timeline.row.js';
import { rolloutTimelineRow } from '../rollouts/rollout-timeline.js';
import { TimelineRow } from '../timeline/timeline.row.js';
import { timelineRow } from '../timeline/timeline.js';
import { apiKeys } from '../access/api-key.evolve.js';
import { ApiKeyRow } from '../access/api-key.row.js';
import { claims } from '../access/claim.evolve.js';
import { ClaimRow } from '../access/claim.row.js';
import { AuditHeadRow, AuditRow } from '../audit/audit.row.js';
import { foldAudit } from '../audit/fold-audit.js';
import { passRequests } from '../requests/pass-requests.js';
import { requests } from '../requests/request.evolve.js';
import { RequestRow } from '../requests/request.row.js';
import { passRevocations } from './pass-revocations.js';
import { advanceRows, type ReadModel } from './advance-rows.js';
import { projectedEvents } from './metrics.js';
import { tracedBatch } from './traced-batch.js';

export const ENTITIES = [
  ...[DeviceRow, TimelineRow, FirmwareRow, FleetWindowRow],
  ...[RolloutRow, MemberRow, ExclusionRow, RolloutTimelineRow],
  ...[AuditRow, AuditHeadRow, ApiKeyRow, ClaimRow, RequestRow],
];

const devices: ReadModel<DeviceRow> = {
  entity: DeviceRow,
  id: 'device_id',
  // Neither a request nor a rollout changes a device by itself: its own lanes do.
  idOf: ({ entity, entity_id }) => (entity === 'device' || entity === 'update' ? entity_id : undefined),
  // The table holds nothing but what evolve made: its columns are the union's fields.
  evolve: (row, event) => evolve(row as DeviceRecord | undefined, event),
};

const firmware: ReadModel<FirmwareRow> = {
  entity: FirmwareRow,
  id: 'firmware_id',
  idOf: (event) => (isOfFirmware(event) ? event.entity_id : undefined),
  evolve: evolveFirmware,
};

/** The read models of the whole log. */
export const projectionFold: FoldDefinition = {
  name: 'projection-read-models',
  version: 5,
  entities: ENTITIES,
  filters: ['ota.>'],
  apply: (batch, tx) => tracedBatch(batch, () => apply(batch, tx)),
  passOver: async (unread, tx) => {
    await passRollouts(unread, tx);
    await passRequests(unread, tx);
    await passRevocations(unread, tx);
  },
  committed: (batch) => {
    for (const { type } of batch) projectedEvents.inc({ type });
  },
};

async function apply(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  await advanceRows(tx, devices, batch);
  await advanceRows(tx, firmware, batch);
  await advanceRows(tx, apiKeys, batch);
  await advanceRows(tx, claims, batch);
  await advanceRows(tx, requests, batch);
  await foldAudit(batch, tx);
  await foldFleetWindows(batch, tx);
  await foldRollouts(batch, tx);
  await insertMissing(tx, TimelineRow, rowsOf(batch, timelineRow));
  await insertMissing(tx, RolloutTimelineRow, rowsOf(batch, rolloutTimelineRow));
}

function rowsOf<R>(batch: readonly StoredEvent[], rowOf: (event: StoredEvent) => R | undefined): R[] {
  return batch.map(rowOf).filter((row) => row !== undefined);
}
