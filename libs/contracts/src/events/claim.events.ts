import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsLabel, IsSha256, IsText, IsTime, IsToken } from '../fields.js';

/** The most devices that one claim token lets in. */
export const CLAIM_USES_MAX = 1_000_000;

@EventClass('claim', 1, 'A claim token exists, with which so many devices may register themselves.')
export class ClaimIssued {
  @IsToken() claim_id!: string;
  /** Of the token's random part, which nobody but its holder has. */
  @IsSha256() secret_sha256!: string;
  @IsInt() @Min(1) @Max(CLAIM_USES_MAX) uses!: number;
  @IsTime() expires_at!: string;
  /** Devices of this fleet only; absent: of any. */
  @IsOptional() @IsLabel() fleet?: string;
  /** Devices of this model only; absent: of any. */
  @IsOptional() @IsLabel() model?: string;
  @IsText(256) issued_by!: string;
}

@EventClass('claim', 1, 'A device registered itself with a claim token; one use of it is gone.')
export class ClaimUsed {
  @IsToken() claim_id!: string;
  @IsToken() device_id!: string;
}

@EventClass('claim', 1, 'A claim token lets nobody in any more.')
export class ClaimRevoked {
  @IsToken() claim_id!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}
