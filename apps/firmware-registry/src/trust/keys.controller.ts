import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused } from '@edgeflow/contracts';
import { flattenedOf, CurrentCaller, Roles, type Caller } from '@edgeflow/identity';
import { logger } from '@edgeflow/telemetry';
import { ApiProblems } from '../problem-responses.js';
import {
  KeyRevocationBody,
  RegisteredKeyAnswer,
  RevokedKeyAnswer,
  SigningKeyBody,
  SigningKeysAnswer,
} from './trust.dto.js';
import { Trusted } from './trusted.js';

interface Reply {
  status(code: number): unknown;
}

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
  @ApiOperation({ summary: 'Register the public half of a key that signs firmware' })
  @ApiCreatedResponse({ type: RegisteredKeyAnswer })
  @ApiOkResponse({ type: RegisteredKeyAnswer, description: 'The key was registered already.' })
  @ApiProblems('invalid-request', 'unauthorized', 'forbidden', 'signing-key-exists', 'signing-key-revoked')
  @ApiProblems('signature-invalid', 'conflict', 'log-unavailable', 'log-full')
  async register(
    @CurrentCaller() { org, subject }: Caller,
    @Body() { kid, public_key: { kty, crv, x }, statement }: SigningKeyBody,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<RegisteredKeyAnswer> {
    const public_key = { kty, crv, x };
    const says = statement === undefined ? undefined : await this.trusted.statement(org, statement);
    const key = {
      ...{ kid, public_key, registered_by: subject.slice(0, 256) },
      ...(statement !== undefined && { statement: flattenedOf(statement) }),
    };
    const command = { type: 'RegisterKey', org, key, ...(says && { says }) } as const;
    const { changed, position } = await this.trusted.change(org, command);
    if (changed) logger.info({ org, kid, position }, 'signing key registered');
    reply.status(changed ? 201 : 200);
    return { kid, public_key, revoked: false, position };
  }

  @Post(':kid/revoke')
  @HttpCode(202)
  @Roles('admin')
  @ApiOperation({ summary: 'Revoke a signing key for good: what it has signed is not offered any more' })
  @ApiAcceptedResponse({ type: RevokedKeyAnswer })
  @ApiProblems('unauthorized', 'forbidden', 'signing-key-unknown', 'conflict', 'log-unavailable', 'log-full')
  async revoke(
    @CurrentCaller() { org, subject }: Caller,
    @Param('kid') kid: string,
    @Body() body?: KeyRevocationBody,
  ): Promise<RevokedKeyAnswer> {
    if (kid.length > 128) throw new Refused('signing-key-unknown');
    const reason = body?.reason === undefined ? {} : { reason: body.reason };
    const command = { type: 'RevokeKey', kid, revoked_by: subject.slice(0, 256), ...reason } as const;
    const { position } = await this.trusted.change(org, command);
    return { kid, position };
  }
}
