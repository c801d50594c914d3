import { given } from '@edgeflow/contracts';
import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { IdParam, Refuses, WRITING } from '@edgeflow/service-host';
import { logger } from '@edgeflow/telemetry';
import { Catalog } from '../catalog.js';
import { RevocationAnswer, RevocationBody } from './firmware.dto.js';

@ApiTags('firmware')
@Controller('registry/v1/firmware')
export class RevocationController {
  constructor(private readonly catalog: Catalog) {}

  /** Revokes a firmware for all models that share its image. Asked again, it answers with what was done first. */
  @Post(':firmware_id/revoke')
  @HttpCode(202)
  @Roles('admin', 'publisher')
  @ApiOperation({
    summary: 'Revoke a firmware',
    description: 'It is offered to no device any more, of none of the models that share its version and image.',
  })
  @ApiAcceptedResponse({ type: RevocationAnswer })
  @Refuses(...WRITING, 'firmware-unknown')
  @ApiBody({ type: RevocationBody, required: false })
  async revoke(
    @CurrentCaller() { org, subject }: Caller,
    @IdParam('firmware_id', 'firmware-unknown') firmware_id: string,
    @Body() { reason }: RevocationBody,
  ): Promise<RevocationAnswer> {
    const by = { revoked_by: subject.slice(0, 256), ...given({ reason }) };
    const { changed, position } = await this.catalog.revoke(org, firmware_id, by);
    if (changed) logger.info({ org, firmware_id, position }, 'firmware revoked');
    return { firmware_id, position };
  }
}
