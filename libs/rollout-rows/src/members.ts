import type { EntityManager } from 'typeorm';
import { upsertForward } from '@edgeflow/fold';
import { stageOf, type Member, type MemberEvent } from '@edgeflow/rollout';
import { MemberRow } from './member.row.js';

/** The devices of rollouts that a part of a batch is about. */
export class Members {
  private readonly changed = new Set<string>();

  private constructor(private readonly rows: Map<string, MemberRow>) {}

  /** One query for all of them. */
  static async load(tx: EntityManager, events: readonly MemberEvent[]): Promise<Members> {
    if (events.length === 0) return new Members(new Map());
    const wanted = [...new Map(events.map((event) => [keyOf(event), event])).values()];
    const rows = await tx
      .createQueryBuilder(MemberRow, 'm')
      .where(
        `(m.org, m.rollout_id, m.stage, m.device_id) IN
          (SELECT * FROM unnest(:orgs::text[], :rollouts::text[], :stages::text[], :devices::text[]))`,
        {
          orgs: wanted.map(({ org }) => org),
          rollouts: wanted.map(({ data }) => data.rollout_id),
          stages: wanted.map(stageOf),
          devices: wanted.map(({ data }) => data.device_id),
        },
      )
      .getMany();
    return new Members(new Map(rows.map((row) => [keyOfRow(row), row])));
  }

  of(event: MemberEvent): Member | undefined {
    return this.rows.get(keyOf(event));
  }

  put(event: MemberEvent, member: Member): void {
    const key = keyOf(event);
    const row = this.rows.get(key);
    if (!row || member.position === row.position) return;
    this.rows.set(key, { ...row, ...member });
    this.changed.add(key);
  }

  async store(tx: EntityManager): Promise<void> {
    const rows = [...this.changed].flatMap((key) => this.rows.get(key) ?? []);
    await upsertForward(tx, MemberRow, rows);
  }
}

/** None of the parts has a slash in it. */
function keyOf(event: MemberEvent): string {
  return `${event.org}/${event.data.rollout_id}/${stageOf(event)}/${event.data.device_id}`;
}

function keyOfRow({ org, rollout_id, stage, device_id }: MemberRow): string {
  return `${org}/${rollout_id}/${stage}/${device_id}`;
}
