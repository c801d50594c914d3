import { given } from '@edgeflow/contracts';
import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { Refuses, WRITING } from '@edgeflow/service-host';
import { logger } from '@edgeflow/telemetry';
import {
  KeyRevocationBody,
  RegisteredKeyAnswer,
  RevokedKeyAnswer,
  SigningKeyBody,
  SigningKeysAnswer,
} from './trust.dto.js';
import { Trusted } from '../trust/organization-trust.js';

@ApiTags('signing')
@Controller('registry/v1/keys')
export class KeysController {
  constructor(private readonly trusted: Trusted) {}

  @Get()
  @ApiOperation({ summary: 'The keys with which the organization signs its firmware' })
  @ApiOkResponse({ type: SigningKeysAnswer })
  async list(@CurrentCaller() { org }: Caller): Promise<SigningKeysAnswer> {
    const { keys, position } = await this.trusted.of(org);
    const items = keys.map(({ kid, public_key, revoked }) => ({ kid, public_key, revoked }));
    return { items, position };
  }

  @Post()
  @Roles('admin')
  @ApiOperation({
    summary: 'Register the public half of a key that signs firmware',
    description:
      'Each key but the first needs a statement of one that is in force: devices follow no other. Where all are revoked, `first` begins anew.',
  })
  @ApiCreatedResponse({ type: RegisteredKeyAnswer })
  @ApiOkResponse({ type: RegisteredKeyAnswer, description: 'The key was registered already.' })
  @Refuses(
    ...WRITING,
    'key-not-chained',
    'signing-key-unknown',
    'signing-key-exists',
    'signing-key-revoked',
    'signature-invalid',
  )
  async register(
    @CurrentCaller() { org, subject }: Caller,
    @Body() { kid, public_key: { kty, crv, x }, statement, first }: SigningKeyBody,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<RegisteredKeyAnswer> {
    const key = { kid, public_key: { kty, crv, x }, registered_by: subject.slice(0, 256) };
    const { changed, position } = await this.trusted.register(org, key, { statement, first });
    if (changed) logger.info({ org, kid, position }, 'signing key registered');
    reply.status(changed ? 201 : 200);
    return { kid, public_key: key.public_key, revoked: false, position };
  }

  @Post(':kid/revoke')
  @HttpCode(202)
  @Roles('admin')
  @ApiOperation({ summary: 'Revoke a signing key for good: what it has signed is not offered any more' })
  @ApiAcceptedResponse({ type: RevokedKeyAnswer })
  @Refuses(...WRITING, 'signing-key-unknown')
  @ApiBody({ type: KeyRevocationBody, required: false })
  async revoke(
    @CurrentCaller() { org, subject }: Caller,
    @Param('kid') kid: string,
    @Body() { reason }: KeyRevocationBody,
  ): Promise<RevokedKeyAnswer> {
    const by = { revoked_by: subject.slice(0, 256), ...given({ reason }) };
    const { position } = await this.trusted.change(org, { type: 'RevokeKey', kid, ...by });
    return { kid, position };
  }
}
