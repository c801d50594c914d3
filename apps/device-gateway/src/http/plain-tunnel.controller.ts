import type { IncomingMessage } from 'node:http';
import { Controller, Get, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '@edgeflow/identity';
import { TunnelUpgrade } from '../transports/websocket/upgrade/tunnel-upgrade.js';

/** Tells a device that asks for a tunnel and for no WebSocket what is missing: upgrades do not come this way. */
@ApiExcludeController()
@Controller('gateway/v1/tunnel')
export class PlainTunnelController {
  constructor(private readonly upgrade: TunnelUpgrade) {}

  /** @throws Refused `invalid-request` */
  @Get()
  @Public()
  refuse(@Req() { raw }: { raw: IncomingMessage }): never {
    throw this.upgrade.refusalOfPlain(raw);
  }
}
