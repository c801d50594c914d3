import type { EntityManager } from 'typeorm';
import { deviceStream, requestStream, rolloutStream, updateStream, type EventStream } from '@edgeflow/contracts';
import { MemberRow } from '@edgeflow/rollout-rows';
import { RolloutTimelineRow } from '../rows/rollout-timeline.row.js';

/** The streams whose events make the record of a device, and no others. */
export function deviceStreams(org: string, device_id: string): EventStream[] {
  return [deviceStream({ org, device_id }), updateStream({ org, device_id })];
}

/**
 * The streams whose events make the record of a rollout: its own, those of the requests that were answered on it, and those of the
 * updates of its devices, where events of other updates stand as well.
 * @param tables where the read models are at the position that matters
 */
export async function rolloutStreams(tables: EntityManager, org: string, rollout_id: string): Promise<EventStream[]> {
  const requests = await tables
    .createQueryBuilder(RolloutTimelineRow, 'event')
    .select("DISTINCT event.data ->> 'request_id'", 'id')
    .where("event.org = :org AND event.rollout_id = :rollout_id AND event.data ->> 'request_id' IS NOT NULL", {
      ...{ org, rollout_id },
    })
    .orderBy('id')
    .getRawMany<{ id: string }>();
  const devices = await tables
    .createQueryBuilder(MemberRow, 'member')
    .select('DISTINCT member.device_id', 'id')
    .where('member.org = :org AND member.rollout_id = :rollout_id', { org, rollout_id })
    .orderBy('id')
    .getRawMany<{ id: string }>();
  return [
    rolloutStream({ org, rollout_id }),
    ...requests.map(({ id }) => requestStream(org, id)),
    ...devices.map(({ id }) => updateStream({ org, device_id: id })),
  ];
}
