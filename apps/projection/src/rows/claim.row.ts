import { Entity } from 'typeorm';
import { Flag, Id, MaybeText, Org, Position, Text, Time, Whole } from './columns.js';

/** A claim token, without anything that it could be made from. */
@Entity('claim')
export class ClaimRow {
  @Org() org!: string;
  @Id() claim_id!: string;
  @Whole('So many devices may register with it.') uses!: number;
  @Whole('So many have.') used!: number;
  @Time() expires_at!: string;
  @MaybeText() fleet!: string | null;
  @MaybeText() model!: string | null;
  @Text() issued_by!: string;
  @Time() issued_at!: string;
  @Flag() revoked!: boolean;
  @Position() position!: number;
}
