import { Body, Controller, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { IdParam, Refuses, WRITING } from '@edgeflow/service-host';
import { logger } from '@edgeflow/telemetry';
import { Catalog } from '../catalog.js';
import { Manifests } from '../trust/manifests.js';
import { ManifestAnswer, ManifestBody } from './firmware.dto.js';

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
  @ApiOkResponse({ type: ManifestAnswer })
  @Refuses(
    ...WRITING,
    'firmware-unknown',
    'signature-required',
    'firmware-revoked',
    'signature-invalid',
    'manifest-mismatch',
    'manifest-expired',
    'signing-key-revoked',
  )
  async sign(
    @CurrentCaller() { org, subject }: Caller,
    @IdParam('firmware_id', 'firmware-unknown') firmware_id: string,
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
