import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { Equals, IsIn, IsObject, IsOptional, ValidateNested } from 'class-validator';
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
import { KnownMembers } from '@edgeflow/service-host';

const POSITION = { description: 'Stream sequence: give it to a query as `after`.' };

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
  @ApiPropertyOptional({
    description: 'A key statement of an older key (compact JWS), for devices that know only that one.',
  })
  @IsOptional()
  @IsText(MANIFEST_MAX_BYTES)
  statement?: string;
}

/** Body of `PUT /registry/v1/policy`. */
export class PolicyBody {
  @ApiProperty({ enum: SIGNATURE_POLICIES }) @IsIn(SIGNATURE_POLICIES) signature!: (typeof SIGNATURE_POLICIES)[number];
  @ApiPropertyOptional({
    enum: ROLLBACK_POLICIES,
    default: 'allowed',
    description: 'Whether a rollback may bring a device below the highest release counter that it has run.',
  })
  @IsOptional()
  @IsIn(ROLLBACK_POLICIES)
  rollback?: (typeof ROLLBACK_POLICIES)[number];
  @ApiPropertyOptional({ maxLength: 1024 }) @IsOptional() @IsText(1024) reason?: string;
}

/** Body of `POST /registry/v1/keys/{kid}/revoke`; it may be left out. */
export class KeyRevocationBody {
  @ApiPropertyOptional({ maxLength: 1024 }) @IsOptional() @IsText(1024) reason?: string;
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
  @ApiProperty({ enum: SIGNATURE_POLICIES }) signature!: string;
  @ApiProperty({ enum: ROLLBACK_POLICIES }) rollback!: string;
  @ApiProperty(POSITION) position!: number;
}
