import type { DataSource } from 'typeorm';
import { Refused, type Fact, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { decide, isAccepted, type EventRef } from '@edgeflow/rollout';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { Arrivals } from './arrivals.js';
import type { DeviceDesk } from './device-desk.js';
import { nextJoiners } from './joiners.js';
import { answerWish } from './answer-wish.js';
import { appendToRollout } from './rollout-lane.js';
import { keyOf } from './unfolded-batches.js';
import { nextWayBack } from './way-back.js';

/** What the desk has to know of the fold. */
export interface Folded {
  /** The position up to which the rows are there. */
  readonly position: number;
}

/** Decides on rollouts: their requests and actions, their waves and gates, and which of their devices are told. */
export class RolloutDesk {
  /** Rollouts about which something is stored that is not folded yet: up to which sequence. */
  private readonly stored = new Map<string, number>();
  private readonly arrivals = new Arrivals();

  constructor(
    private readonly log: EventLog,
    private readonly database: DataSource,
    private readonly devices: DeviceDesk,
    private readonly folded: () => Folded,
  ) {}

  /** Events whose rows are there: some of them may bring devices to rollouts. */
  heard(batch: readonly StoredEvent[]): void {
    this.arrivals.heard(batch);
  }

  /** One pass over all rollouts that may need something, the most urgent first. @returns how many were moved on */
  async round(at: Date): Promise<number> {
    const { position } = this.folded();
    const rows = await this.database.manager.find(RolloutRow, {
      where: { active: true },
      order: { priority: 'DESC', first_position: 'ASC' },
    });
    this.forget(rows);
    let moved = 0;
    for (const row of rows) {
      if ((this.stored.get(keyOf(row)) ?? 0) > position) continue;
      const last = await ifThereIsRoom(() => this.moveOn(row, at));
      if (last !== undefined) this.stored.set(keyOf(row), last);
      // What its devices are told is decided from counts that may lag behind: it need not wait for the fold.
      const moreUrgent = rows.filter((other) => isMoreUrgent(other, row)).map(({ rollout_id }) => rollout_id);
      const told = last ?? (await ifThereIsRoom(() => this.devices.round(row, at, { folded: position, moreUrgent })));
      if (told !== undefined) moved += 1;
    }
    return moved;
  }

  /** One step of one rollout. @returns the position of what was stored; undefined when nothing was */
  private async moveOn(row: RolloutRow, at: Date): Promise<number | undefined> {
    const { state } = row;
    const { hasRoom } = this.log.fill();
    if (state.status === 'requested' && !hasRoom) return undefined;
    if (state.status === 'requested') return answerWish(this.log, this.database, row, state.wish, at);
    const planned = await this.planFurther(row, at);
    if (planned !== undefined) return planned === 0 ? undefined : planned;
    // With an action to answer nobody has looked for devices to bring back.
    const looked = state.actions.length === 0 ? { unplanned: 0 } : {};
    const decision = decide(state, { rollout_id: row.rollout_id, at, ...looked });
    return decision && appendToRollout(this.log, row, decision, at);
  }

  /**
   * Takes devices into a rollout that was planned already: those that a rollback has to bring back, and those that joined.
   * @returns undefined when there is none, 0 when the lane has moved on meanwhile
   */
  private async planFurther(row: RolloutRow, at: Date): Promise<number | undefined> {
    const { state } = row;
    if (!isAccepted(state) || state.actions.length > 0) return undefined;
    if (state.status === 'rolling_back' || (state.status === 'rolled_back' && this.arrivals.due(keyOf(row), at))) {
      return this.plan(row, await nextWayBack(this.database.manager, row), state.rollback.ref, at);
    }
    const joins = state.spec.membership === 'continuous' && ['running', 'completed'].includes(state.status);
    if (!joins || !this.log.fill().hasRoom || !this.arrivals.due(keyOf(row), at)) return undefined;
    return this.plan(row, await nextJoiners(this.database.manager, row, at), state.last, at);
  }

  private async plan(
    row: RolloutRow,
    data: Fact<'RolloutDevicesPlanned'>['data'] | undefined,
    cause: EventRef,
    at: Date,
  ): Promise<number | undefined> {
    if (!data) return undefined;
    const facts: Fact[] = [{ type: 'RolloutDevicesPlanned', data }];
    return (await appendToRollout(this.log, row, { facts, cause }, at)) ?? 0;
  }

  private forget(rows: readonly RolloutRow[]): void {
    const active = new Set(rows.map(keyOf));
    for (const key of this.stored.keys()) if (!active.has(key)) this.stored.delete(key);
  }
}

/** A rollout that the log has no room for waits, and keeps no other one from being paused or aborted. */
async function ifThereIsRoom(step: () => Promise<number | undefined>): Promise<number | undefined> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Refused && error.code === 'log-full') return undefined;
    throw error;
  }
}

function isMoreUrgent(other: RolloutRow, { org, priority }: RolloutRow): boolean {
  return other.org === org && other.priority > priority && ['running', 'rolling_back'].includes(other.status);
}
