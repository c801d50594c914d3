import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { Equals, IsBoolean, IsIn, IsObject, ValidateNested } from 'class-validator';
import {
  Ed25519PublicKey,
  IsEd25519X,
  IsKeyId,
  IsText,
  KEY_ID_PATTERN,
  MANIFEST_MAX_BYTES,
  ROLLBACK_POLICIES,
  SIGNATURE_POLICIES,
} from '@edgeflow/contracts';
import { KnownMembers, Optional } from '@edgeflow/service-host';

const POSITION = { type: 'integer', minimum: 0 } as const;

/** The public half of a signing key: JWK, OKP, Ed25519 (RFC 8037). */
export class SigningKeyJwk implements Ed25519PublicKey {
  @ApiProperty({ enum: ['OKP'] }) @IsIn(['OKP']) kty!: 'OKP';
  @ApiProperty({ enum: ['Ed25519'] }) @IsIn(['Ed25519']) crv!: 'Ed25519';
  @ApiProperty({ description: '32 bytes, base64url' }) @IsEd25519X() x!: string;
  /** Whoever sends the private half has given it away. */
  @Equals(undefined, { message: 'd must not be sent: it is the private key, which no server may hold' })
  d?: undefined;
}

/** Body of `POST /registry/v1/keys`. */
export class SigningKeyBody {
  @ApiProperty({ example: 'acme-2026', pattern: KEY_ID_PATTERN.source }) @IsKeyId() kid!: string;
  @ApiProperty({ type: SigningKeyJwk })
  @IsObject()
  @ValidateNested()
  @Type(() => SigningKeyJwk)
  @KnownMembers('kty', 'crv', 'x', 'd')
  public_key!: SigningKeyJwk;
  @Optional({
    description:
      'A key statement of a key that is in force (compact JWS, docs/signing.md): devices that know only that one follow it. Each key but the first needs it.',
  })
  @IsText(MANIFEST_MAX_BYTES)
  statement?: string;
  @Optional({
    default: false,
    description:
      'A new beginning: no key is in force. Devices that know older ones follow it only when they are enrolled again.',
  })
  @IsBoolean()
  first?: boolean;
}

/** Body of `PUT /registry/v1/policy`. */
export class PolicyBody {
  @ApiProperty({ enum: SIGNATURE_POLICIES }) @IsIn(SIGNATURE_POLICIES) signature!: (typeof SIGNATURE_POLICIES)[number];
  @Optional({
    enum: ROLLBACK_POLICIES,
    default: 'allowed',
    description: 'Whether a rollback may bring a device below the highest release counter that it has run.',
  })
  rollback?: (typeof ROLLBACK_POLICIES)[number];
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

/** Body of `POST /registry/v1/keys/{kid}/revoke`; it may be left out. */
export class KeyRevocationBody {
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

/** A signing key as the registry answers it. */
export class SigningKeyAnswer {
  @ApiProperty() kid!: string;
  @ApiProperty({ type: SigningKeyJwk }) public_key!: Ed25519PublicKey;
  @ApiProperty() revoked!: boolean;
}

export class RegisteredKeyAnswer extends SigningKeyAnswer {
  @ApiProperty(POSITION) position!: number;
}

export class SigningKeysAnswer {
  @ApiProperty({ type: [SigningKeyAnswer] }) items!: SigningKeyAnswer[];
  @ApiProperty(POSITION) position!: number;
}

export class RevokedKeyAnswer {
  @ApiProperty() kid!: string;
  @ApiProperty(POSITION) position!: number;
}

export class PolicyAnswer {
  @ApiProperty({ enum: SIGNATURE_POLICIES }) signature!: (typeof SIGNATURE_POLICIES)[number];
  @ApiProperty({ enum: ROLLBACK_POLICIES }) rollback!: (typeof ROLLBACK_POLICIES)[number];
  @ApiProperty(POSITION) position!: number;
}
