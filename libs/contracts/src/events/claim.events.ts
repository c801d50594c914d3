import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { revokes } from '../audited.js';
import { EventClass } from '../event-class.js';
import { CLAIM_USES_MAX, IsDeviceId, IsLabel, IsSha256, IsText, IsTime, IsToken } from '../fields.js';

@EventClass<ClaimIssued>('claim', 1, {
  summary: 'A claim token exists, with which so many devices may register themselves.',
  room: 'asked',
  audit: ({ issued_by }) => ({ actor: issued_by }),
  text: null,
})
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

@EventClass<ClaimUsed>('claim', 1, {
  summary: 'A device registered itself with a claim token; one use of it is gone.',
  room: 'asked',
  audit: ({ device_id }) => ({ actor: device_id }),
  text: null,
})
export class ClaimUsed {
  @IsToken() claim_id!: string;
  @IsDeviceId() device_id!: string;
}

@EventClass<ClaimRevoked>('claim', 1, {
  summary: 'A claim token lets nobody in any more.',
  room: 'control',
  audit: revokes,
  text: null,
})
export class ClaimRevoked {
  @IsToken() claim_id!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}
