import type { DataSource } from 'typeorm';
import { Refused, type Fact } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { Wish } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { makePlan } from './plan.js';
import { appendToRollout } from './rollout-lane.js';

/**
 * Turns a request into a rollout with its devices, in one atomic batch, or says why not.
 * @returns the position of the last event; undefined when the lane has moved on
 */
export async function answerWish(
  log: EventLog,
  database: DataSource,
  row: RolloutRow,
  wish: Wish,
  at: Date,
): Promise<number | undefined> {
  const facts = await answerOf(database, row, wish, at);
  return appendToRollout(log, row, { facts, cause: wish.ref }, at);
}

async function answerOf(database: DataSource, row: RolloutRow, wish: Wish, at: Date): Promise<Fact[]> {
  try {
    const { accepted, chunks } = await makePlan(database, row, wish, at);
    return [
      { type: 'RolloutAccepted', data: accepted },
      ...chunks.map((data): Fact => ({ type: 'RolloutDevicesPlanned', data })),
    ];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { rollout_id } = row;
    const { request_id, requested_by } = wish;
    const refusal = { code: error.code, detail: error.detail.slice(0, 1024) };
    const by = requested_by === undefined ? {} : { requested_by };
    return [{ type: 'RolloutRejected', data: { rollout_id, request_id, ...refusal, ...by } }];
  }
}
