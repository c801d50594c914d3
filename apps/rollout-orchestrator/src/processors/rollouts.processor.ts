import { Refused, rolloutStream, type DataOf, type StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import type { FoldDatabase, Query } from '@edgeflow/fold';
import {
  asksForRollback,
  isAccepted,
  isRollbackOver,
  rolloutDecider,
  type RequestedRollout,
  type RolloutCommand,
} from '@edgeflow/rollout';
import { RolloutRow } from '@edgeflow/rollout-rows';
import { Arrivals } from '../rollouts/arrivals.js';
import type { RolloutDevicesProcessor } from './rollout-devices.processor.js';
import { nextJoiners } from '../rollouts/joiners.js';
import { keepOnly } from '../rollouts/keep-only.js';
import { appendToRollout } from '../rollouts/append-to-rollout.js';
import { keyOf } from '../rollouts/unfolded-batches.js';
import { nextToRollBack } from '../rollouts/bring-back.js';
import { makePlan } from '../rollouts/plan.js';
import { countMembersWithoutWayBack } from '../rollouts/ways-back.js';
import { Unwritable } from '../devices/unwritable.js';
import type { Processor } from './processor.js';
import { UntilRowsMove, type RowsMoved } from './until-rows-move.js';

/** Rollouts that may need something, the most urgent first. A paused one may lose devices to a later one. Model: memory/to-decide.model.ts. */
export const TO_DECIDE: Query<object, RolloutRow> = {
  name: 'rollouts-to-decide',
  of: RolloutRow,
  sql: `SELECT * FROM rollout WHERE active OR status = 'paused' ORDER BY priority DESC, first_position`,
  bind: () => [],
};

/** Decides on rollouts: their requests and actions, their waves and gates, and which of their devices are told. */
export class RolloutsProcessor implements Processor {
  /** Rollouts about which something is stored that is not folded yet: up to which sequence. */
  private readonly stored = new Map<string, number>();
  private readonly arrivals = new Arrivals();
  private readonly unwritable = new Unwritable();
  private readonly any: UntilRowsMove;

  constructor(
    private readonly log: Pick<EventLog, 'append' | 'fill'>,
    private readonly database: FoldDatabase,
    private readonly devices: RolloutDevicesProcessor,
    private readonly fold: RowsMoved,
  ) {
    this.any = new UntilRowsMove(fold);
  }

  /** Events whose rows are there: some of them may bring devices to rollouts. */
  heard(batch: readonly StoredEvent[]): void {
    this.arrivals.heard(batch);
  }

  /** What this process has stored says nothing any more of the log that there is. */
  forget(): void {
    this.stored.clear();
    this.devices.forget();
  }

  /** One pass over all rollouts that may need something, the most urgent first. @returns how many were moved on */
  async round(at: Date): Promise<number> {
    const { position } = this.fold;
    const found = await this.any.find(() => this.database.rows.select(TO_DECIDE, {}));
    const rows = inTurn(found);
    this.keep(rows, position);
    let moved = 0;
    for (const row of rows) {
      if ((this.stored.get(keyOf(row)) ?? 0) > position) continue;
      // What is counted comes before what is decided by it.
      const last = await this.whereItCan(
        row,
        async () => (await this.devices.successes.round(row, at)) ?? this.moveOn(row, at),
      );
      if (last !== undefined) this.stored.set(keyOf(row), last);
      // What its devices are told is decided from counts that may lag behind: it need not wait for the fold.
      const moreUrgent = rows.filter((other) => isMoreUrgent(other, row)).map(({ rollout_id }) => rollout_id);
      const told =
        last ?? (await this.whereItCan(row, () => this.devices.round(row, at, { folded: position, moreUrgent })));
      if (told !== undefined) moved += 1;
    }
    return moved;
  }

  /** A rollout that the log has no room for waits, as does one about which nothing can be written: neither keeps another from being moved on. */
  private async whereItCan(row: RolloutRow, step: () => Promise<number | undefined>): Promise<number | undefined> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === 'log-full') return undefined;
      if (error.code !== 'event-invalid') throw error;
      this.unwritable.say({ stream: rolloutStream(row), events: [] }, error);
      return undefined;
    }
  }

  /** One step of one rollout. @returns the position of what was stored; undefined when nothing was */
  private async moveOn(row: RolloutRow, at: Date): Promise<number | undefined> {
    const { state } = row;
    const { hasRoom } = this.log.fill();
    if (state.status === 'requested' && !hasRoom) return undefined;
    if (state.status === 'requested') {
      const answer = await this.answerTo(row, state.request, at);
      return appendToRollout(this.log, row, rolloutDecider.decide(answer, state), at);
    }
    const planned = await this.planFurther(row, at);
    if (planned !== undefined) return planned === 0 ? undefined : planned;
    // With an action to answer nobody has looked for devices to bring back.
    const looked = state.actions.length === 0 ? { unplanned: 0 } : { no_way_back: await this.behind(row, at) };
    const command = { type: 'Proceed', rollout_id: row.rollout_id, at, ...looked } as const;
    return appendToRollout(this.log, row, rolloutDecider.decide(command, state), at);
  }

  /** Who has no way back, where somebody wants failures to roll the rollout back from now on. */
  private async behind(row: RolloutRow, at: Date): Promise<Record<string, number> | undefined> {
    const { state } = row;
    if (!isAccepted(state) || !state.actions.some(asksForRollback)) return undefined;
    const { version } = state.spec;
    return this.database.asOfOneMoment((tables) => countMembersWithoutWayBack(tables, row, { version, at }));
  }

  /** A request becomes a rollout with its devices, in one atomic batch, or it is said why not. */
  private async answerTo(row: RolloutRow, request: RequestedRollout, at: Date): Promise<RolloutCommand> {
    try {
      const { accepted, chunks } = await makePlan(this.database, row, request, at);
      return { type: 'Accept', accepted, planned: chunks };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { type: 'Reject', rollout_id: row.rollout_id, refusal: error };
    }
  }

  /**
   * Takes devices into a rollout that was planned already: those that a rollback has to bring back, and those that joined.
   * @returns undefined when there is none, 0 when the stream has moved on meanwhile
   */
  private async planFurther(row: RolloutRow, at: Date): Promise<number | undefined> {
    const { state } = row;
    if (!isAccepted(state) || state.actions.length > 0) return undefined;
    if (state.status === 'rolling_back' || (isRollbackOver(state) && this.arrivals.due(keyOf(row), at))) {
      return this.plan(row, await nextToRollBack(this.database.rows, row, at), at);
    }
    const joins = state.spec.membership === 'continuous' && ['running', 'completed'].includes(state.status);
    if (!joins || !this.log.fill().hasRoom || !this.arrivals.due(keyOf(row), at)) return undefined;
    return this.plan(row, await nextJoiners(this.database.rows, row, at), at);
  }

  private async plan(
    row: RolloutRow,
    planned: DataOf<'RolloutDevicesPlanned'> | undefined,
    at: Date,
  ): Promise<number | undefined> {
    if (!planned) return undefined;
    const decided = rolloutDecider.decide({ type: 'TakeIn', planned }, row.state);
    return (await appendToRollout(this.log, row, decided, at)) ?? 0;
  }

  private keep(rows: readonly RolloutRow[], folded: number): void {
    const active = new Set(rows.map(keyOf));
    keepOnly(this.stored, active);
    this.arrivals.keep(active);
    this.devices.keep(active, folded);
  }
}

/**
 * Requests are answered in the order of the log. Of the rollouts the later ones come first: what an older one tells its devices is decided
 * when it is known what the later one wants.
 */
function inTurn(rows: readonly RolloutRow[]): RolloutRow[] {
  const isRequest = ({ state }: RolloutRow): boolean => !isAccepted(state);
  const rollouts = rows.filter((row) => !isRequest(row));
  return [
    ...rows.filter(isRequest),
    ...rollouts.toSorted((a, b) => b.priority - a.priority || b.first_position - a.first_position),
  ];
}

function isMoreUrgent(other: RolloutRow, { org, priority }: RolloutRow): boolean {
  return other.org === org && other.priority > priority && ['running', 'rolling_back'].includes(other.status);
}
