import { IsInt, Matches, Min } from 'class-validator';
import { Numeric, ServiceConfig } from '@edgeflow/service-host';

/** The projection's environment (docs/operations.md). */
export class ProjectionConfig extends ServiceConfig {
  /** PostgreSQL, for the read models in their own schema `projection`. */
  @Matches(/^postgres(ql)?:\/\/\S+$/, { message: 'must be a postgres:// URL' })
  DATABASE_URL!: string;

  /** Not ready while more events than this are not folded yet. */
  @Numeric()
  @IsInt()
  @Min(1)
  READY_MAX_LAG = 10_000;
}
