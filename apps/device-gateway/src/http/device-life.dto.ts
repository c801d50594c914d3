import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsString } from 'class-validator';
import { Optional } from '@edgeflow/service-host';
import { IsLabel, IsLike, IsText, LABEL_PATTERN } from '@edgeflow/contracts';
import { DeviceTraits, PublicKeyBody } from './devices.dto.js';

/** What is to be otherwise; what is not named stays as it is. */
export class ChangeDevice {
  @Optional() @IsLabel() model?: string;
  @Optional({ type: String, nullable: true, description: 'Null takes the device out of its fleet.' })
  @IsLabel()
  fleet?: string | null;
  @Optional({ type: [String], maxItems: 64, description: 'All of its tags from now on.' })
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @IsLike(LABEL_PATTERN, { each: true })
  tags?: string[];
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}

/** A device as it is now. */
export class DeviceNow extends DeviceTraits {
  @ApiProperty() device_id!: string;
  @ApiProperty({ type: PublicKeyBody, description: 'The key that is in force.' }) public_key!: PublicKeyBody;
  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
}

export class WhyDevice {
  @Optional({ maxLength: 1024 }) @IsText(1024) reason?: string;
}
