import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize } from 'class-validator';
import {
  HasEachOnce,
  IsLike,
  IsSha256,
  IsText,
  IsVersion,
  LABEL_PATTERN,
  MANIFEST_MAX_BYTES,
} from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

/** What the publisher says of the image, before the image. */
export class UploadFields {
  @ApiProperty({ example: '1.3.0', maxLength: 64, description: 'Semantic version, without a leading v.' })
  @IsVersion()
  version!: string;

  @ApiProperty({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the file, lower-case hex.' })
  @IsSha256()
  sha256!: string;

  @ApiProperty({
    type: [String],
    minItems: 1,
    maxItems: 64,
    uniqueItems: true,
    example: ['m1', 'm2'],
    description: 'Device models that the image is for; the field is repeated, once for each.',
  })
  @ArrayMinSize(1)
  @ArrayMaxSize(64)
  @HasEachOnce()
  @IsLike(LABEL_PATTERN, { each: true })
  models!: string[];

  @Optional({
    example: '1.0.0',
    maxLength: 64,
    description: 'A device on an older version may not take it.',
  })
  @IsVersion()
  min_version?: string;

  @Optional({ maxLength: 16_384, description: 'For people.' }) @IsText(16_384) release_notes?: string;

  @Optional({
    maxLength: MANIFEST_MAX_BYTES,
    description: 'The signed manifest, a compact JWS (docs/signing.md); required unless the policy says otherwise.',
  })
  @IsText(MANIFEST_MAX_BYTES)
  manifest?: string;
}

/** The form as documented: the file comes last. */
export class UploadBody extends UploadFields {
  @ApiProperty({
    type: 'string',
    format: 'binary',
    description:
      'The image, as the last part of the form; its name ends as UPLOAD_EXTENSIONS of the service says (.bin).',
  })
  file!: unknown;
}

/** The firmware of one model of an upload. */
export class ModelFirmware {
  @ApiProperty({ example: 'm1' })
  model!: string;

  @ApiProperty({ example: 'fw_9b1c6f0e2d3a4b5c6d7e8f9012345678' })
  firmware_id!: string;
}

/** Answer of `POST /registry/v1/firmware`. */
export class UploadAnswer {
  @ApiProperty({
    example: 'fw_9b1c6f0e2d3a4b5c6d7e8f9012345678',
    description: 'The firmware of the first stated model.',
  })
  firmware_id!: string;

  @ApiProperty({ example: '1.3.0' })
  version!: string;

  @ApiProperty({ pattern: '^[0-9a-f]{64}$' })
  sha256!: string;

  @ApiProperty({ type: 'integer', minimum: 1 })
  size!: number;

  @ApiProperty({ example: 'firmware/acme/1.3.0/9b1c….bin', description: 'Where the image is in the object store.' })
  key!: string;

  @ApiProperty({ type: [String] })
  models!: string[];

  @ApiProperty({ type: [ModelFirmware], description: 'The firmware of each stated model, in the order of `models`.' })
  firmwares!: ModelFirmware[];

  @ApiPropertyOptional({ description: 'The id of the key that signed it.' })
  signed_by?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0 })
  release_counter?: number;

  @ApiProperty({
    type: 'integer',
    description: 'Stream sequence of the newest event of this upload: give it to a query as `after`.',
  })
  position!: number;
}
