import { ApiHideProperty, ApiProperty, ApiPropertyOptional, PickType } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsEmpty, IsIn, IsObject, IsString, Matches, ValidateNested } from 'class-validator';
import { KnownMembers, Optional, contractSchema } from '@edgeflow/service-host';
import { DeviceSigning, IsDeviceId, IsLabel, IsLike, IsText, LABEL_PATTERN, type DataOf } from '@edgeflow/contracts';

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
  @ApiProperty() @IsDeviceId() device_id!: string;
  @ApiProperty() @IsLabel() model!: string;
  @Optional() @IsLabel() fleet?: string;
  @Optional({ type: [String], maxItems: 64 })
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @IsLike(LABEL_PATTERN, { each: true })
  tags?: string[];
  @ApiProperty({ type: PublicKeyBody })
  @IsObject()
  @ValidateNested()
  @Type(() => PublicKeyBody)
  @KnownMembers('kty', 'crv', 'x', 'd')
  public_key!: PublicKeyBody;
}

export class DevicePath {
  @ApiProperty() @IsDeviceId() device_id!: string;
}

export class RotateKey extends PickType(RegisterDevice, ['public_key']) {
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

export class RevokeDevice {
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

/** What devices are chosen by. */
export class DeviceTraits {
  @ApiProperty() model!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null for a device of no fleet.' }) fleet!: string | null;
  @ApiProperty({ type: [String] }) tags!: string[];
}

/** What of that was asked for in vain. */
export class IgnoredTraits {
  @ApiPropertyOptional() fleet?: string;
  @ApiPropertyOptional({ type: [String] }) tags?: string[];
}

/** A device as the registry of devices has it. */
export class RegisteredDevice {
  @ApiProperty() device_id!: string;
  @ApiProperty() model!: string;
  @ApiPropertyOptional() fleet?: string;
  @ApiPropertyOptional({ type: [String] }) tags?: string[];
  @ApiProperty({ type: PublicKeyBody, description: 'The key that is in force.' }) public_key!: PublicKeyBody;
  @ApiPropertyOptional({ description: 'The claim token that it registered itself with.' }) claim_id?: string;
  @ApiProperty() registered_by!: string;
  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
  @ApiProperty({ allOf: [contractSchema(DeviceSigning)] }) signing!: DeviceSigning;
  @ApiPropertyOptional({
    type: IgnoredTraits,
    description: 'Of a device that was registered before: what was asked for and is otherwise. It stays as it is.',
  })
  ignored?: IgnoredTraits;
  @ApiPropertyOptional({ type: DeviceTraits, description: 'What the device is, where something was ignored.' })
  in_force?: DeviceTraits;
}

/** A device that something has happened to. */
export class ChangedDevice {
  @ApiProperty() device_id!: string;
  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
}

/** What a device is chosen by, in an answer. */
export function traitsIn({ model, fleet, tags = [] }: DataOf<'DeviceRegistered'>): DeviceTraits {
  return { model, fleet: fleet ?? null, tags };
}
