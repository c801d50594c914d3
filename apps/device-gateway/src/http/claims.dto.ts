import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { CLAIM_USES_MAX, IsLabel, IsText, IsToken } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

const DAY_S = 86_400;
/** The longest life of a claim token, in seconds. */
const LONGEST_S = 365 * DAY_S;

export class IssueClaim {
  @Optional({ type: 'integer', default: 1, minimum: 1, maximum: CLAIM_USES_MAX })
  @IsInt()
  @Min(1)
  @Max(CLAIM_USES_MAX)
  uses = 1;
  @Optional({ type: 'integer', default: DAY_S, minimum: 1, maximum: LONGEST_S })
  @IsInt()
  @Min(1)
  @Max(LONGEST_S)
  expires_in_s = DAY_S;
  @Optional({ description: 'For devices of this fleet only; without it, of any.' })
  @IsLabel()
  fleet?: string;
  @Optional({ description: 'For devices of this model only; without it, of any.' })
  @IsLabel()
  model?: string;
}

export class ClaimPath {
  @ApiProperty() @IsToken() claim_id!: string;
}

export class RevokeClaim {
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

/** A claim token as whoever issued it gets it, once. */
export class IssuedClaim {
  @ApiProperty() claim_id!: string;
  @ApiProperty() token!: string;
  @ApiProperty({ type: 'integer', minimum: 1 }) uses!: number;
  @ApiProperty({ format: 'date-time' }) expires_at!: string;
  @ApiPropertyOptional({ description: 'For devices of this fleet only.' }) fleet?: string;
  @ApiPropertyOptional({ description: 'For devices of this model only.' }) model?: string;
  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
}

export class RevokedClaim {
  @ApiProperty() claim_id!: string;
  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
}
