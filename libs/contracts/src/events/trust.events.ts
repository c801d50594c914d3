import { Type } from 'class-transformer';
import { IsIn, IsOptional, ValidateNested } from 'class-validator';
import { EventClass } from '../event-class.js';
import { IsText } from '../fields.js';
import { Ed25519PublicKey, FlattenedJws, IsKeyId, ROLLBACK_POLICIES, SIGNATURE_POLICIES } from '../signing.js';

@EventClass('trust', 1, 'An organization signs its firmware with this key from now on.')
export class SigningKeyRegistered {
  @IsKeyId() kid!: string;
  @ValidateNested() @Type(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
  /** What an older key says of this one, for devices: a key statement. */
  @IsOptional() @ValidateNested() @Type(() => FlattenedJws) statement?: FlattenedJws;
  @IsText(256) registered_by!: string;
}

@EventClass('trust', 1, 'What this key has signed is not offered any more.')
export class SigningKeyRevoked {
  @IsKeyId() kid!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}

@EventClass('trust', 1, 'An organization says whether its firmware must be signed, and what a rollback may do.')
export class SigningPolicyChanged {
  @IsIn(SIGNATURE_POLICIES) signature!: (typeof SIGNATURE_POLICIES)[number];
  @IsIn(ROLLBACK_POLICIES) rollback!: (typeof ROLLBACK_POLICIES)[number];
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) changed_by!: string;
}
