import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { firmwareIdOf, imageKeyOf, type Measured, type Statement } from '@edgeflow/firmware';

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

  @ApiProperty({ description: 'Bytes.' })
  size!: number;

  @ApiProperty({ example: 'firmware/acme/1.3.0/9b1c….bin', description: 'Where the image is in the object store.' })
  key!: string;

  @ApiProperty({ type: [String] })
  models!: string[];

  @ApiProperty({ type: [ModelFirmware], description: 'The firmware of each stated model, in the order of `models`.' })
  firmwares!: ModelFirmware[];

  @ApiPropertyOptional({ description: 'The id of the key that signed it.' })
  signed_by?: string;

  @ApiPropertyOptional({ description: 'Of its manifest.' })
  release_counter?: number;

  @ApiProperty({ description: 'Stream sequence of the newest event of this upload: give it to a query as `after`.' })
  position!: number;
}

/** What the publisher gets to know of an image that is stored and announced. */
export function answerOf(statement: Statement, { sha256, size }: Measured, position: number): UploadAnswer {
  const { org, version, models, signature } = statement;
  const firmwares = models.map((model) => ({ model, firmware_id: firmwareIdOf(org, model, version) }));
  const firmware_id = firmwares[0]?.firmware_id ?? '';
  const key = imageKeyOf(statement);
  const signed = signature && { signed_by: signature.kid, release_counter: signature.release_counter };
  return { firmware_id, version, sha256, size, key, models: [...models], firmwares, ...signed, position };
}
