import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { IsText } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { logger } from '@edgeflow/telemetry';
import { Catalog } from './catalog.js';
import { ApiProblems } from './problem-responses.js';

/** Body of `POST /registry/v1/firmware/{firmware_id}/revoke`; it may be left out. */
export class RevocationBody {
  @ApiPropertyOptional({ maxLength: 1024, example: 'Bricks m1 on a cold start.' })
  @IsOptional()
  @IsText(1024)
  reason?: string;
}

/** Answer of `POST /registry/v1/firmware/{firmware_id}/revoke`. */
export class RevocationAnswer {
  @ApiProperty({ example: 'fw_9b1c6f0e2d3a4b5c6d7e8f9012345678' })
  firmware_id!: string;

  @ApiProperty({ description: 'Stream sequence of the revocation: give it to a query as `after`.' })
  position!: number;
}

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
  @ApiParam({ name: 'firmware_id' })
  @ApiAcceptedResponse({ type: RevocationAnswer })
  @ApiProblems('invalid-request', 'unauthorized', 'forbidden', 'firmware-unknown', 'conflict', 'too-many-requests')
  @ApiProblems('log-unavailable', 'log-full')
  async revoke(
    @CurrentCaller() { org, subject }: Caller,
    @Param('firmware_id') firmware_id: string,
    @Body() body?: RevocationBody,
  ): Promise<RevocationAnswer> {
    const reason = body?.reason === undefined ? {} : { reason: body.reason };
    const { changed, position } = await this.catalog.revoke(org, firmware_id, { revoked_by: subject, ...reason });
    if (changed) logger.info({ org, firmware_id, position }, 'firmware revoked');
    return { firmware_id, position };
  }
}
