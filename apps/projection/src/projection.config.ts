import { IsInt, IsOptional, IsString, Matches, Min } from 'class-validator';
import { Numeric, ServiceConfig } from '@edgeflow/service-host';

/** The projection's environment (docs/operations.md). */
export class ProjectionConfig extends ServiceConfig {
  /** PostgreSQL, for the read models in their own schema `projection`. */
  @Matches(/^postgres(ql)?:\/\/\S+$/, { message: 'must be a postgres:// URL' })
  DATABASE_URL!: string;

  /** The authority of its certificate, a file: TLS with the server's name verified. Default: as `sslmode` in the URL says. */
  @IsOptional()
  @IsString()
  DATABASE_CA_FILE?: string;

  /** Not ready while more events than this are not folded yet. */
  @Numeric()
  @IsInt()
  @Min(1)
  READY_MAX_LAG = 10_000;
}
