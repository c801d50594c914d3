import { ApiProperty } from '@nestjs/swagger';
import { IsText, MANIFEST_MAX_BYTES } from '@edgeflow/contracts';
import { Optional } from '@edgeflow/service-host';

/** Body of `POST /registry/v1/firmware/{firmware_id}/revoke`; it may be left out. */
export class RevocationBody {
  @Optional({ maxLength: 1024, example: 'Bricks m1 on a cold start.' }) @IsText(1024) reason?: string;
}

/** Answer of `POST /registry/v1/firmware/{firmware_id}/revoke`. */
export class RevocationAnswer {
  @ApiProperty({ example: 'fw_9b1c6f0e2d3a4b5c6d7e8f9012345678' })
  firmware_id!: string;

  @ApiProperty({ type: 'integer', description: 'Stream sequence of the revocation: give it to a query as `after`.' })
  position!: number;
}

/** Body of `PUT /registry/v1/firmware/{firmware_id}/manifest`. */
export class ManifestBody {
  @ApiProperty({ maxLength: MANIFEST_MAX_BYTES, description: 'Compact JWS, EdDSA (docs/signing.md).' })
  @IsText(MANIFEST_MAX_BYTES)
  manifest!: string;
}

/** What the firmware is signed with now. */
export class ManifestAnswer {
  @ApiProperty() firmware_id!: string;
  @ApiProperty({ description: 'The id of the signing key.' }) signed_by!: string;
  @ApiProperty({ type: 'integer', minimum: 0 }) release_counter!: number;
  @ApiProperty({ format: 'date-time' }) manifest_expires_at!: string;
  @ApiProperty({ type: 'integer', minimum: 0 }) position!: number;
}
