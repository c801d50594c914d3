import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';

/** Postgres gives a bigint as text; positions stay far below 2^53. */
export const positionColumn: ValueTransformer = {
  to: (value: number) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

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
}
