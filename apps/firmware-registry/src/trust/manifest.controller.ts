import { Body, Controller, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsText, MANIFEST_MAX_BYTES } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { logger } from '@edgeflow/telemetry';
import { Catalog } from '../catalog.js';
import { ApiProblems } from '../problem-responses.js';
import { Manifests } from './manifests.js';

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
  @ApiProperty() release_counter!: number;
  @ApiProperty() manifest_expires_at!: string;
  @ApiProperty({ description: 'Stream sequence: give it to a query as `after`.' }) position!: number;
}

@ApiTags('firmware')
@Controller('registry/v1/firmware')
export class ManifestController {
  constructor(
    private readonly catalog: Catalog,
    private readonly manifests: Manifests,
  ) {}

  /** For all models that share the image: the manifest has to name them. */
  @Put(':firmware_id/manifest')
  @Roles('admin', 'publisher')
  @ApiOperation({ summary: 'Sign a firmware again: with another key, or for a longer time' })
  @ApiParam({ name: 'firmware_id' })
  @ApiOkResponse({ type: ManifestAnswer })
  @ApiProblems('invalid-request', 'unauthorized', 'forbidden', 'firmware-unknown', 'firmware-revoked', 'conflict')
  @ApiProblems('signature-invalid', 'manifest-mismatch', 'manifest-expired', 'signing-key-revoked')
  @ApiProblems('log-unavailable', 'log-full')
  async sign(
    @CurrentCaller() { org, subject }: Caller,
    @Param('firmware_id') firmware_id: string,
    @Body() { manifest }: ManifestBody,
  ): Promise<ManifestAnswer> {
    const { signature, position } = await this.catalog.sign(org, firmware_id, subject.slice(0, 256), (wanted) =>
      this.manifests.verify(wanted, manifest),
    );
    const { kid, release_counter, expires_at } = signature;
    logger.info({ org, firmware_id, kid, release_counter, position }, 'firmware signed');
    return { firmware_id, signed_by: kid, release_counter, manifest_expires_at: expires_at, position };
  }
}
