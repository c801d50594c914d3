import type { EntityManager } from 'typeorm';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { passLanes, upsertForward } from '@edgeflow/fold';
import { isAccepted, isActive, isMemberEvent, noRollout, rolloutOf, type Rollout } from '@edgeflow/rollout';
import { RolloutRow } from './rollout.row.js';

/** The rollouts that a batch is about. */
export class Rollouts {
  private readonly changed = new Set<string>();

  private constructor(private readonly rows: Map<string, RolloutRow>) {}

  /** One query for all of them; one that is not there yet begins as none. */
  static async load(tx: EntityManager, events: readonly StoredEvent[]): Promise<Rollouts> {
    const wanted = [...new Map(events.map((event) => [keyOf(event), event])).values()];
    const found = await tx
      .createQueryBuilder(RolloutRow, 'r')
      .where('(r.org, r.rollout_id) IN (SELECT * FROM unnest(:orgs::text[], :ids::text[]))', {
        orgs: wanted.map(({ org }) => org),
        ids: wanted.map(idOf),
      })
      .getMany();
    const rows = new Map(wanted.map((event) => [keyOf(event), emptyRow(event)]));
    for (const row of found) rows.set(`${row.org}/${row.rollout_id}`, row);
    return new Rollouts(rows);
  }

  of(event: StoredEvent): RolloutRow {
    return this.rows.get(keyOf(event)) ?? emptyRow(event);
  }

  /** Folds one event; one that was folded already changes nothing. */
  change(event: StoredEvent, evolve: (state: Rollout) => Rollout): void {
    const row = this.of(event);
    if (event.position <= row.position) return;
    const key = keyOf(event);
    const state = evolve(row.state);
    const lane_position = event.entity === 'rollout' ? event.position : row.lane_position;
    // By the event that made it something, however the log is cut into batches.
    const first_position = isNothing(row) ? event.position : row.first_position;
    this.rows.set(key, { ...row, ...factsOf(state), state, lane_position, first_position, position: event.position });
    this.changed.add(key);
  }

  /**
   * A request that was refused leaves no rollout behind, but the position of the lane that the refusal stands on: without it the next
   * refusal on that lane would conflict for ever.
   */
  async store(tx: EntityManager): Promise<void> {
    const rows = [...this.changed].flatMap((key) => this.rows.get(key) ?? []);
    await upsertForward(
      tx,
      RolloutRow,
      rows.filter((row) => !isNothing(row)),
    );
  }
}

function isNothing({ state, lane_position }: RolloutRow): boolean {
  return state.status === 'none' && state.actions.length === 0 && lane_position === 0;
}

function idOf(event: StoredEvent): string {
  return (isMemberEvent(event) ? event.data.rollout_id : rolloutOf(event)) ?? '';
}

function keyOf(event: StoredEvent): string {
  return `${event.org}/${idOf(event)}`;
}

function emptyRow(event: StoredEvent): RolloutRow {
  return nothingYet(event.org, idOf(event), event.position);
}

function nothingYet(org: string, rollout_id: string, first_position: number): RolloutRow {
  return {
    ...{ org, rollout_id, ...factsOf(noRollout), state: noRollout },
    ...{ lane_position: 0, first_position, position: 0 },
  };
}

/** Moves rollouts past events of their own lanes that nobody reads. */
export async function passRollouts(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void> {
  const own = unread.filter(({ entity }) => entity === 'rollout');
  const empty = ({ org, entity_id, position }: UnreadEvent): RolloutRow => ({
    ...nothingYet(org, entity_id, position),
    lane_position: position,
  });
  await passLanes(tx, { entity: RolloutRow, id: 'rollout_id', empty }, own);
}

function factsOf(state: Rollout): Pick<RolloutRow, 'status' | 'version' | 'priority' | 'active'> {
  const spec = isAccepted(state) ? state.spec : state.status === 'requested' ? state.wish.spec : undefined;
  const version = (state.status === 'rejected' ? state.version : spec?.version) ?? null;
  return { status: state.status, version, priority: spec?.priority ?? 0, active: isActive(state) };
}
