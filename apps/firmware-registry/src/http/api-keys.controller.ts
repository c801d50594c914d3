import { given } from '@edgeflow/contracts';
import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { IdParam, Refuses, WRITING } from '@edgeflow/service-host';
import { logger } from '@edgeflow/telemetry';
import { ApiKeyBody, ApiKeyRevocationBody, IssuedApiKeyAnswer, RevokedApiKeyAnswer } from './api-keys.dto.js';
import { IssuedKeys } from '../api-keys/issued-keys.js';

@ApiTags('api keys')
@Controller('registry/v1/api-keys')
@Roles('admin')
export class ApiKeysController {
  constructor(private readonly keys: IssuedKeys) {}

  @Post()
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Make an API key for a program, e.g. for CI' })
  @ApiCreatedResponse({ type: IssuedApiKeyAnswer })
  @Refuses(...WRITING)
  async issue(
    @CurrentCaller() { org, subject }: Caller,
    @Body() { name, roles, expires_at }: ApiKeyBody,
  ): Promise<IssuedApiKeyAnswer> {
    const told = { name, roles, ...given({ expires_at }) };
    const issued = await this.keys.issue(org, { ...told, issued_by: subject.slice(0, 256) });
    const { key_id, position } = issued;
    logger.info({ org, key_id, position }, 'API key issued');
    return { ...told, ...issued };
  }

  @Post(':key_id/revoke')
  @HttpCode(202)
  @ApiOperation({ summary: 'Revoke an API key for good; no service takes it any more within seconds' })
  @ApiAcceptedResponse({ type: RevokedApiKeyAnswer })
  @Refuses(...WRITING, 'api-key-unknown')
  @ApiBody({ type: ApiKeyRevocationBody, required: false })
  async revoke(
    @CurrentCaller() { org, subject }: Caller,
    @IdParam('key_id', 'api-key-unknown') key_id: string,
    @Body() { reason }: ApiKeyRevocationBody,
  ): Promise<RevokedApiKeyAnswer> {
    const revocation = { key_id, revoked_by: subject.slice(0, 256), ...given({ reason }) };
    return { key_id, position: await this.keys.revoke(org, revocation) };
  }
}
