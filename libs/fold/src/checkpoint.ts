import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';

/** Postgres gives a bigint as text; positions stay far below 2^53. */
export const positionColumn: ValueTransformer = {
  to: (value: number) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

/**
 * Why a fold refuses to run. `checkpoint-ahead`: the rows know events that the stream does not have, or has others in their place (its tail
 * was lost, or it was restored from an older copy). `stream-recreated`: the rows come from another stream.
 */
export type FoldAlarm = 'checkpoint-ahead' | 'stream-recreated';

/** How far a fold has come. Written in the same transaction as the rows, so it is never ahead of them or behind. */
@Entity('fold_checkpoint')
export class FoldCheckpoint {
  @PrimaryColumn('text')
  name!: string;

  /** The version of the fold's code and tables; another one means that the rows are rebuilt. */
  @Column('integer')
  version!: number;

  /** When the stream was created: the identity of the log that the rows were folded from. */
  @Column('text')
  stream_created!: string;

  /** The stream sequence of the last event in the rows; 0 for none. */
  @Column('bigint', { transformer: positionColumn })
  position!: number;

  /** The id of the event at `position`: a log whose tail was lost has another one there once it has grown again. Null for none. */
  @Column('text', { nullable: true })
  event_id!: string | null;

  /** The last event in the rows that never leaves the log, as presence does when its lease runs out, and its id. */
  @Column('bigint', { nullable: true, transformer: positionColumn })
  lasting_position!: number | null;

  @Column('text', { nullable: true })
  lasting_id!: string | null;

  /** Where the log ended when the rows were begun anew: before that they are not whole, and nothing is answered or decided from them. */
  @Column('bigint', { default: 0, transformer: positionColumn })
  whole_from!: number;

  /** Stays until somebody has the rows made anew, whatever the log says later. */
  @Column('text', { nullable: true })
  alarm!: FoldAlarm | null;

  /** True when somebody wants the rows made anew from the log as it is: see `askForRebuild`. */
  @Column('boolean', { default: false })
  rebuild!: boolean;
}
