import { Column, Entity, PrimaryColumn } from 'typeorm';
import { positionColumn } from './columns.js';

/**
 * Why a fold refuses to run. `checkpoint-ahead`: the rows know events that the log does not have, or has others in their place (its tail
 * was lost, or it was restored from an older copy). `stream-recreated`: the rows come from another JetStream stream.
 */
export type FoldAlarm = 'checkpoint-ahead' | 'stream-recreated';

/**
 * Why rows are made anew. `asked`: somebody wants it; these are read until the others are there. `wrong`: they are known not to be what the
 * log says, so nothing is answered or decided from them.
 */
export type WantedRebuild = 'asked' | 'wrong';

/** How far a fold has come. Written in the same transaction as the rows, so it is never ahead of them or behind. */
@Entity('fold_checkpoint')
export class FoldCheckpoint {
  @PrimaryColumn('text')
  name!: string;

  /** Of these rows, from their beginning on: rows that came in place of others have another one. */
  @Column('text')
  generation!: string;

  /** When the stream was created: the identity of the log that the rows were folded from. */
  @Column('text')
  stream_created!: string;

  /** The position of the last event in the rows; 0 for none. */
  @Column('bigint', { transformer: positionColumn })
  position!: number;

  /**
   * The mark (`markOf`) of the event at `position`; its id alone where an earlier release wrote it: a log whose tail was lost has another event there once it has grown
   * again, or the same decision made again. Null for none.
   */
  @Column('text', { nullable: true })
  event_id!: string | null;

  /** The last event in the rows that never leaves the log, as presence does when its lease runs out, and its mark. */
  @Column('bigint', { nullable: true, transformer: positionColumn })
  lasting_position!: number | null;

  @Column('text', { nullable: true })
  lasting_id!: string | null;

  /** Stays until somebody has the rows made anew, whatever the log says later. */
  @Column('text', { nullable: true })
  alarm!: FoldAlarm | null;

  /** See `askForRebuild` and `watchForeignChanges`. */
  @Column('text', { nullable: true })
  rebuild!: WantedRebuild | null;
}
