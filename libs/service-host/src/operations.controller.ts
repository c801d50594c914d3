import { Public } from '@edgeflow/identity';
import { Readiness, metrics } from '@edgeflow/telemetry';
import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply } from 'fastify';
import { ApiDescription } from './api-description.js';

/** What platforms ask every service: is it alive, is it ready, how does it do, and what can it do. */
@ApiExcludeController()
@Public()
@SkipThrottle()
@Controller()
export class OperationsController {
  constructor(
    private readonly readiness: Readiness,
    private readonly api: ApiDescription,
  ) {}

  /** The process runs and its event loop turns. */
  @Get('livez')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 when every check passes, else 503 with the names of those that fail. */
  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const { ready, report } = await this.readiness.report();
    await reply.status(ready ? 200 : 503).send(report);
  }

  @Get('metrics')
  @Header('content-type', metrics.contentType)
  scrape(): Promise<string> {
    return metrics.metrics();
  }

  @Get('openapi.json')
  openApi(): object {
    return this.api.document();
  }
}
