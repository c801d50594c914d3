import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { revokes } from '../audited.js';
import { EventClass } from '../event-class.js';
import { IsA, IsText } from '../fields.js';
import { Ed25519PublicKey, FlattenedJws, IsKeyId } from '../signing.js';
import { KEEP_LAST_MAX, ROLLBACK_POLICIES, SIGNATURE_POLICIES } from '../vocabulary.js';

@EventClass<SigningKeyRegistered>('trust', 1, {
  summary: 'An organization signs its firmware with this key from now on.',
  room: 'control',
  audit: ({ registered_by }) => ({ actor: registered_by }),
  text: null,
})
export class SigningKeyRegistered {
  @IsKeyId() kid!: string;
  @IsA(() => Ed25519PublicKey) public_key!: Ed25519PublicKey;
  /** What an older key says of this one, for devices: a key statement. */
  @IsOptional() @IsA(() => FlattenedJws) statement?: FlattenedJws;
  @IsText(256) registered_by!: string;
}

@EventClass<SigningKeyRevoked>('trust', 1, {
  summary: 'What this key has signed is not offered any more.',
  room: 'control',
  audit: revokes,
  text: null,
})
export class SigningKeyRevoked {
  @IsKeyId() kid!: string;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) revoked_by!: string;
}

@EventClass<SigningPolicyChanged>('trust', 1, {
  summary: 'An organization says whether its firmware must be signed, and what a rollback may do.',
  room: 'control',
  audit: ({ changed_by, reason }) => ({ actor: changed_by, reason }),
  text: null,
})
export class SigningPolicyChanged {
  @IsIn(SIGNATURE_POLICIES) signature!: (typeof SIGNATURE_POLICIES)[number];
  @IsIn(ROLLBACK_POLICIES) rollback!: (typeof ROLLBACK_POLICIES)[number];
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) changed_by!: string;
}

@EventClass<FirmwareRetentionChanged>('trust', 1, {
  summary: 'An organization says how many versions of each model it keeps; without a number it keeps all.',
  room: 'control',
  audit: ({ changed_by, reason }) => ({ actor: changed_by, reason }),
  text: null,
})
export class FirmwareRetentionChanged {
  /** The newest uploads of each model that stay, whatever needs them. */
  @IsOptional() @IsInt() @Min(1) @Max(KEEP_LAST_MAX) keep_last?: number;
  @IsOptional() @IsText(1024) reason?: string;
  @IsText(256) changed_by!: string;
}
