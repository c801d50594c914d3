import type { DataSource, EntityManager } from 'typeorm';
import type { EventLog } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import { FoldCheckpoint, type FoldAlarm } from './checkpoint.js';
import { RowsGone, isTableGone } from './database-errors.js';
import { divergence, type Marks } from './divergence.js';
import type { FoldDefinition } from './fold-definition.js';
import { SetAsideRow } from './set-aside.row.js';
import { quotedTable } from './write-rows.js';

/** Where a leader begins, or why it must not. */
export type Opened = { position: number; whole_from: number } | { alarm: FoldAlarm };

/** The checkpoint row of one fold. */
export class Checkpoints {
  constructor(
    private readonly database: DataSource,
    private readonly definition: Pick<FoldDefinition, 'name' | 'version' | 'entities'>,
  ) {}

  /**
   * Reads the checkpoint and compares it with the log; makes it on the first start, after a change of the fold, and when somebody asked
   * for a rebuild.
   * @param fence throws when this replica does not lead any more
   */
  async open(log: EventLog, fence: (tx: EntityManager) => Promise<void>): Promise<Opened> {
    const found = await this.find();
    if (found && !found.rebuild) {
      const alarm = found.alarm ?? (await this.compare(log, found));
      if (alarm) return { alarm };
      const { version, position, whole_from } = found;
      if (version === this.version) return { position, whole_from };
    }
    const reason = !found ? 'there are none' : found.rebuild ? 'somebody asked for it' : 'the fold has changed';
    // The first start is no news for anybody who is on call.
    logger[found ? 'warn' : 'info']({ fold: this.definition.name, reason }, 'the rows are made anew from the log');
    return this.database.transaction(async (tx) => {
      const begun = await this.begin(tx, await log.state());
      await fence(tx);
      return begun;
    });
  }

  /** Compares the rows with the log. An alarm stays in the row, whatever the log says later. */
  async compare(log: EventLog, found: FoldCheckpoint): Promise<FoldAlarm | undefined> {
    const alarm = await divergence(log, found);
    const { name } = this.definition;
    // Not over one that was raised meanwhile, and not of rows that have moved on since.
    if (alarm) await this.database.manager.update(FoldCheckpoint, { name, position: found.position }, { alarm });
    return alarm;
  }

  /** The row as it is; undefined when there is none, or no table. */
  async find(): Promise<FoldCheckpoint | undefined> {
    try {
      return (await this.database.manager.findOneBy(FoldCheckpoint, { name: this.definition.name })) ?? undefined;
    } catch (error) {
      if (isTableGone(error)) return undefined;
      throw error;
    }
  }

  /** @throws RowsGone when a table of the fold is not there */
  async checkTables(): Promise<void> {
    const tables = [...this.definition.entities, FoldCheckpoint, SetAsideRow];
    const names = tables.map((entity) => quotedTable(this.database.getMetadata(entity)));
    const missing = (await this.database.query(
      'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL',
      [names],
    )) as { name: string }[];
    if (missing.length > 0) throw new RowsGone(`tables are gone: ${missing.map(({ name }) => name).join(', ')}`);
  }

  /**
   * Takes the row's lock until the transaction ends: replicas fold one after the other.
   * @param led what this leader knows to be committed
   * @throws RowsGone when the rows are not even that far: events between would be lost
   */
  async lock(tx: EntityManager, led: number): Promise<number> {
    const found = await tx.findOne(FoldCheckpoint, {
      where: { name: this.definition.name },
      lock: { mode: 'pessimistic_write' },
    });
    if (!found || found.position < led) {
      throw new RowsGone(`the rows were at ${led} and are at ${found?.position ?? 'nothing'}`);
    }
    return found.position;
  }

  async move(tx: EntityManager, marks: Partial<Marks>): Promise<void> {
    await tx.update(FoldCheckpoint, { name: this.definition.name }, marks);
  }

  /** The rows have all that there is, though the log ended further on when they were begun: what stood there has run out. */
  async nothingIsMissing(position: number): Promise<void> {
    const { name } = this.definition;
    await this.database.manager.update(FoldCheckpoint, { name, position }, { whole_from: position });
  }

  private get version(): number {
    return this.definition.version ?? 1;
  }

  private async begin(
    tx: EntityManager,
    { created, last }: { created: string; last: number },
  ): Promise<{ position: number; whole_from: number }> {
    for (const entity of [...this.definition.entities, SetAsideRow]) await tx.clear(entity);
    await tx.save(FoldCheckpoint, {
      ...{ name: this.definition.name, version: this.version, stream_created: created, position: 0 },
      ...{ event_id: null, lasting_position: null, lasting_id: null },
      ...{ whole_from: last, alarm: null, rebuild: false },
    });
    return { position: 0, whole_from: last };
  }
}
