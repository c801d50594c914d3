import { deriveId, laneSubject, toEvent, type Fact, type Lane, type OtaEvent } from '@edgeflow/contracts';
import { type EventLog, hasMovedOn } from '@edgeflow/event-log';
import type { EventRef } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { activeTraceparent, inSpan } from '@edgeflow/telemetry';
import { SOURCE } from '../lanes/lane-appender.js';
import { decisions } from '../metrics.js';

/** The lane of a rollout. */
export function rolloutLane({ org, rollout_id }: { org: string; rollout_id: string }): Lane {
  return { org, entity: 'rollout', entity_id: rollout_id };
}

/**
 * Appends what was decided on a rollout to its lane. The ids come from the lane's position that the decision was made on: the same
 * decision, made again after a crash, is the same events, and another one made on that position is a conflict.
 * @returns the position of the last event; undefined when the lane has moved on, so that the decision is void
 */
export async function appendToRollout(
  log: EventLog,
  row: Pick<RolloutRow, 'org' | 'rollout_id' | 'lane_position'>,
  { facts, cause }: { facts: readonly Fact[]; cause: EventRef },
  at: Date,
): Promise<number | undefined> {
  const lane = rolloutLane(row);
  const time = at.toISOString();
  const write = (fact: Fact, index: number): OtaEvent => {
    const id = deriveId('evt', laneSubject(lane), String(row.lane_position), fact.type, String(index));
    const traceparent = activeTraceparent();
    return { ...toEvent(lane, fact, { id, source: SOURCE, time, cause }), ...(traceparent && { traceparent }) };
  };
  try {
    const { last } = await inSpan(`decide ${facts[0]?.type}`, { parent: cause.traceparent }, () =>
      log.append(facts.map(write), { after: row.lane_position }),
    );
    for (const { type } of facts) decisions.inc({ type });
    return last;
  } catch (error) {
    if (hasMovedOn(error)) return undefined;
    throw error;
  }
}
