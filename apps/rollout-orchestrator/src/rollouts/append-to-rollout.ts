import { decisionIn, streamSubject, rolloutStream, type Decided, type OtaEvent } from '@edgeflow/contracts';
import { type EventLog, hasMovedOn } from '@edgeflow/event-log';
import type { RolloutFact } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { activeTraceparent, inSpan } from '@edgeflow/telemetry';
import { decisions } from '../orchestrator.metrics.js';
import { write } from '../source.js';

/**
 * Appends what was decided on a rollout to its stream. The ids come from the position that the decision was made on: the same
 * decision, made again after a crash, is the same events, and another one made on that position is a conflict.
 * @returns the position of the last event; undefined when nothing was decided, or the stream has moved on, so that the decision is void
 */
export async function appendToRollout(
  log: Pick<EventLog, 'append'>,
  row: Pick<RolloutRow, 'org' | 'rollout_id' | 'lane_position'>,
  decided: Decided<RolloutFact>,
  at: Date,
): Promise<number | undefined> {
  const { facts, cause } = decisionIn(decided);
  if (facts.length === 0) return undefined;
  const stream = rolloutStream(row);
  const event = (fact: RolloutFact, index: number): OtaEvent => {
    const key = [streamSubject(stream), String(row.lane_position), fact.type, String(index)];
    const traceparent = activeTraceparent();
    return { ...write(stream, fact, { key, at, ...(cause && { cause }) }), ...(traceparent && { traceparent }) };
  };
  try {
    const { last } = await inSpan(`decide ${facts[0]?.type}`, { parent: cause?.traceparent }, () =>
      log.append(facts.map(event), { after: row.lane_position }),
    );
    for (const { type } of facts) decisions.inc({ type });
    return last;
  } catch (error) {
    if (hasMovedOn(error)) return undefined;
    throw error;
  }
}
