import { ApiHideProperty, ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsEmpty,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  ValidateNested,
} from 'class-validator';
import { KnownMembers } from '@edgeflow/service-host';
import { IsLabel, IsText, IsToken, LABEL_PATTERN } from '@edgeflow/contracts';

/** 32 bytes in base64url without padding; the last digit holds 4 bits, so that each key has one spelling. */
const X_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** A device's public key: JWK, OKP, Ed25519 (RFC 8037). */
export class PublicKeyBody {
  @ApiProperty({ enum: ['OKP'] }) @IsIn(['OKP']) kty!: 'OKP';
  @ApiProperty({ enum: ['Ed25519'] }) @IsIn(['Ed25519']) crv!: 'Ed25519';
  @ApiProperty({ pattern: X_PATTERN.source })
  @IsString()
  @Matches(X_PATTERN, { message: 'x must be 32 bytes in base64url' })
  x!: string;
  /** The private half: whoever sends it has given it away. */
  @ApiHideProperty()
  @IsEmpty({ message: 'd must not be sent: it is the private key, which never leaves the device' })
  d?: undefined;
}

export class RegisterDevice {
  @ApiProperty() @IsToken() device_id!: string;
  @ApiProperty() @IsLabel() model!: string;
  @ApiProperty({ required: false }) @IsOptional() @IsLabel() fleet?: string;
  @ApiProperty({ required: false, type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Matches(LABEL_PATTERN, { each: true, message: 'each tag must match [A-Za-z0-9][A-Za-z0-9._:=+/-]{0,63}' })
  tags?: string[];
  @ApiProperty({ type: PublicKeyBody })
  @IsObject()
  @ValidateNested()
  @Type(() => PublicKeyBody)
  @KnownMembers('kty', 'crv', 'x', 'd')
  public_key!: PublicKeyBody;
}

export class DevicePath {
  @ApiProperty() @IsToken() device_id!: string;
}

export class RotateKey {
  @ApiProperty({ type: PublicKeyBody })
  @IsObject()
  @ValidateNested()
  @Type(() => PublicKeyBody)
  @KnownMembers('kty', 'crv', 'x', 'd')
  public_key!: PublicKeyBody;
  @ApiProperty({ required: false }) @IsOptional() @IsText(1024) reason?: string;
}

export class RevokeDevice {
  @ApiProperty({ required: false }) @IsOptional() @IsText(1024) reason?: string;
}
