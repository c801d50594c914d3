import { randomUUID } from 'node:crypto';
import { Body, Controller, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { deriveId } from '@edgeflow/contracts';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { logger } from '@edgeflow/telemetry';
import { ApiProblems } from '../problem-responses.js';
import { ApiKeyBody, ApiKeyRevocationBody, IssuedApiKeyAnswer, RevokedApiKeyAnswer } from './api-keys.dto.js';
import { IssuedKeys } from './issued-keys.js';

@ApiTags('api keys')
@Controller('registry/v1/api-keys')
@Roles('admin')
export class ApiKeysController {
  constructor(private readonly keys: IssuedKeys) {}

  @Post()
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Make an API key for a program, e.g. for CI' })
  @ApiCreatedResponse({ type: IssuedApiKeyAnswer })
  @ApiProblems('invalid-request', 'unauthorized', 'forbidden', 'too-many-requests', 'log-unavailable', 'log-full')
  async issue(
    @CurrentCaller() { org, subject }: Caller,
    @Body() { name, roles, expires_at }: ApiKeyBody,
  ): Promise<IssuedApiKeyAnswer> {
    const told = {
      key_id: deriveId('key', randomUUID()),
      name,
      roles,
      ...(expires_at !== undefined && { expires_at }),
    };
    const { key, position } = await this.keys.issue(org, { ...told, issued_by: subject.slice(0, 256) });
    logger.info({ org, key_id: told.key_id, position }, 'API key issued');
    return { ...told, key, position };
  }

  @Post(':key_id/revoke')
  @HttpCode(202)
  @ApiOperation({ summary: 'Revoke an API key for good; no service takes it any more within seconds' })
  @ApiAcceptedResponse({ type: RevokedApiKeyAnswer })
  @ApiProblems('invalid-request', 'unauthorized', 'forbidden', 'api-key-unknown', 'conflict', 'too-many-requests')
  @ApiProblems('log-unavailable', 'log-full')
  async revoke(
    @CurrentCaller() { org, subject }: Caller,
    @Param('key_id') key_id: string,
    @Body() body?: ApiKeyRevocationBody,
  ): Promise<RevokedApiKeyAnswer> {
    const reason = body?.reason === undefined ? {} : { reason: body.reason };
    const position = await this.keys.revoke(org, { key_id, revoked_by: subject.slice(0, 256), ...reason });
    return { key_id, position };
  }
}
