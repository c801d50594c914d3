import { given } from '@edgeflow/contracts';
import { Body, Controller, Delete, HttpCode } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { IdParam, Refuses, WRITING } from '@edgeflow/service-host';
import { Deletions } from '../deletion/deletions.js';
import { DeletionAnswer, DeletionBody } from './deletion.dto.js';

@ApiTags('firmware')
@Controller('registry/v1/firmware')
export class DeletionController {
  constructor(private readonly deletions: Deletions) {}

  @Delete(':firmware_id')
  @HttpCode(202)
  @Roles('admin', 'publisher')
  @ApiOperation({
    summary: 'Delete a firmware that nobody needs',
    description:
      'Its image leaves the store, unless another model has the same one as the same version. The version may be uploaded anew then, as whatever image. ' +
      'Refused while a device runs it, a rollback would lead to it, an update to it is open, or a rollout that has not ended wants it.',
  })
  @ApiAcceptedResponse({ type: DeletionAnswer })
  @Refuses(...WRITING, 'firmware-unknown', 'firmware-in-use')
  @ApiBody({ type: DeletionBody, required: false })
  async delete(
    @CurrentCaller() { org, subject }: Caller,
    @IdParam('firmware_id', 'firmware-unknown') firmware_id: string,
    @Body() { reason }: DeletionBody,
  ): Promise<DeletionAnswer> {
    const wish = { cause: 'operator', requested_by: subject.slice(0, 256), ...given({ reason }) } as const;
    return { firmware_id, ...(await this.deletions.request(org, firmware_id, wish)) };
  }
}
