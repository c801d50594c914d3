import type { DataSource, EntityManager } from 'typeorm';
import { logger } from '@edgeflow/telemetry';
import { FoldCheckpoint } from './checkpoint.js';
import { SetAsideRow } from './set-aside.row.js';
import { RowsGone } from './database-errors.js';
import type { FoldDefinition } from './fold-definition.js';

/**
 * Why a fold refuses to run. `checkpoint-ahead`: the rows know events that the stream does not have (its tail was lost or it was
 * restored from an older copy). `stream-recreated`: the rows come from another stream.
 */
export type FoldAlarm = 'checkpoint-ahead' | 'stream-recreated';

/** The checkpoint row of one fold. */
export class Checkpoints {
  constructor(
    private readonly database: DataSource,
    private readonly definition: Pick<FoldDefinition, 'name' | 'version' | 'entities'>,
  ) {}

  /** Reads the checkpoint, makes it on the first start, and compares it with the stream. */
  async open(stream: { last: number; created: string }): Promise<{ position: number; alarm?: FoldAlarm }> {
    return this.database.transaction(async (tx) => {
      const found = await tx.findOneBy(FoldCheckpoint, { name: this.definition.name });
      if (!found) return { position: await this.begin(tx, stream.created) };
      if (found.stream_created !== stream.created) return { position: found.position, alarm: 'stream-recreated' };
      if (found.position > stream.last) return { position: found.position, alarm: 'checkpoint-ahead' };
      if (found.version === this.version) return { position: found.position };
      logger.warn(
        { fold: found.name, from: found.version, to: this.version },
        'the fold has changed; its rows are rebuilt',
      );
      return { position: await this.begin(tx, stream.created) };
    });
  }

  /** The committed position; 0 before the first event. */
  async position(): Promise<number> {
    const found = await this.database.manager.findOneBy(FoldCheckpoint, { name: this.definition.name });
    return found?.position ?? 0;
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

  async move(tx: EntityManager, position: number): Promise<void> {
    await tx.update(FoldCheckpoint, { name: this.definition.name }, { position });
  }

  private get version(): number {
    return this.definition.version ?? 1;
  }

  private async begin(tx: EntityManager, created: string): Promise<number> {
    for (const entity of [...this.definition.entities, SetAsideRow]) await tx.clear(entity);
    await tx.save(FoldCheckpoint, {
      name: this.definition.name,
      version: this.version,
      stream_created: created,
      position: 0,
    });
    return 0;
  }
}
