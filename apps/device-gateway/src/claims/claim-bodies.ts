import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { CLAIM_USES_MAX, IsLabel, IsText, IsToken } from '@edgeflow/contracts';

const DAY_S = 86_400;
/** The longest life of a claim token, in seconds. */
const LONGEST_S = 365 * DAY_S;

export class IssueClaim {
  @ApiProperty({ required: false, default: 1, maximum: CLAIM_USES_MAX, description: 'How many devices it lets in' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(CLAIM_USES_MAX)
  uses = 1;
  @ApiProperty({ required: false, default: DAY_S, maximum: LONGEST_S, description: 'How long it is valid, in seconds' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(LONGEST_S)
  expires_in_s = DAY_S;
  @ApiProperty({ required: false, description: 'For devices of this fleet only' })
  @IsOptional()
  @IsLabel()
  fleet?: string;
  @ApiProperty({ required: false, description: 'For devices of this model only' })
  @IsOptional()
  @IsLabel()
  model?: string;
}

export class ClaimPath {
  @ApiProperty() @IsToken() claim_id!: string;
}

export class RevokeClaim {
  @ApiProperty({ required: false }) @IsOptional() @IsText(1024) reason?: string;
}
