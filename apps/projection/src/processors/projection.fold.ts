import { isOf, type EventOf, type StoredEvent } from '@edgeflow/contracts';
import { advanceRows, pipelined, type FoldDefinition, type ReadModel, type Rows } from '@edgeflow/fold';
import {
  ExclusionRow,
  FleetWindowRow,
  MemberRow,
  RolloutRow,
  foldFleetWindows,
  foldRollouts,
  passRollouts,
} from '@edgeflow/rollout-rows';
import { evolve, isDeviceEvent, type DeviceEvent } from './device.evolve.js';
import type { DeviceRecord } from '../rows/device.record.js';
import { DeviceRow } from '../rows/device.row.js';
import { evolveFirmware } from './firmware.evolve.js';
import { DeviceTagRow } from '../rows/device-tag.row.js';
import { foldDeviceTags, passDeviceTags } from './fold-device-tags.js';
import { FirmwareRow } from '../rows/firmware.row.js';
import { RolloutTimelineRow } from '../rows/rollout-timeline.row.js';
import { rolloutTimelineRow } from './rollout-timeline.js';
import { TimelineRow } from '../rows/timeline.row.js';
import { timelineRow } from './timeline.js';
import { apiKeys } from './api-key.evolve.js';
import { ApiKeyRow } from '../rows/api-key.row.js';
import { claims } from './claim.evolve.js';
import { ClaimRow } from '../rows/claim.row.js';
import { AuditHeadRow, AuditRow } from '../rows/audit.row.js';
import { foldAudit } from './fold-audit.js';
import { passRequests } from './pass-requests.js';
import { requests } from './request.evolve.js';
import { RequestRow } from '../rows/request.row.js';
import { passRevocations } from './pass-revocations.js';
import { projectedEvents } from '../projection.metrics.js';
import { tracedBatch } from './traced-batch.js';

export const ENTITIES = [
  ...[DeviceRow, DeviceTagRow, TimelineRow, FirmwareRow, FleetWindowRow],
  ...[RolloutRow, MemberRow, ExclusionRow, RolloutTimelineRow],
  ...[AuditRow, AuditHeadRow, ApiKeyRow, ClaimRow, RequestRow],
];

const devices: ReadModel<DeviceRow, DeviceEvent> = {
  entity: DeviceRow,
  id: 'device_id',
  takes: isDeviceEvent,
  idOf: ({ entity_id }) => entity_id,
  // The table holds nothing but what evolve made: its columns are the union's fields.
  evolve: (row, event) => evolve(row as DeviceRecord | undefined, event),
};

const firmware: ReadModel<FirmwareRow, EventOf<'firmware'>> = {
  entity: FirmwareRow,
  id: 'firmware_id',
  takes: (event) => isOf(event, 'firmware'),
  idOf: ({ entity_id }) => entity_id,
  evolve: evolveFirmware,
};

/** The read models of the whole log. */
export const projectionFold: FoldDefinition = {
  name: 'projection-read-models',
  version: 11,
  lasts: 'soon',
  filters: ['ota.>'],
  apply: (batch, tx) => tracedBatch(batch, () => apply(batch, tx)),
  passOver: async (unread, tx) => {
    await passRollouts(unread, tx);
    await passRequests(unread, tx);
    await passRevocations(unread, tx);
    await passDeviceTags(unread, tx);
  },
  committed: (batch) => {
    for (const { type } of batch) projectedEvents.inc({ type });
  },
};

/** No two of them touch the same table. */
async function apply(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  await pipelined(
    advanceRows(tx, devices, batch),
    foldDeviceTags(batch, tx),
    advanceRows(tx, firmware, batch),
    advanceRows(tx, apiKeys, batch),
    advanceRows(tx, claims, batch),
    advanceRows(tx, requests, batch),
    foldAudit(batch, tx),
    foldFleetWindows(batch, tx),
    foldRollouts(batch, tx),
    tx.add(TimelineRow, rowsOf(batch, timelineRow)),
    tx.add(RolloutTimelineRow, rowsOf(batch, rolloutTimelineRow)),
  );
}

function rowsOf<R>(batch: readonly StoredEvent[], rowOf: (event: StoredEvent) => R | undefined): R[] {
  return batch.map(rowOf).filter((row) => row !== undefined);
}
