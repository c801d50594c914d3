import { Refused } from '@edgeflow/contracts';
import { Public } from '@edgeflow/identity';
import { Readiness, metrics } from '@edgeflow/telemetry';
import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiDescription } from './openapi/api-description.js';
import { isFromInside } from './from-inside.js';

/** What platforms ask every service: is it alive, is it ready, how does it do, and what can it do. */
@ApiExcludeController()
@Public()
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

  /** 200 when every check passes, else 503; who is inside hears of each check, with the reasons of those that fail. */
  @Get('readyz')
  async ready(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { ready, report } = await this.readiness.report();
    // Reasons name hosts, users and positions of the log.
    const { status } = report;
    const told = isFromInside(request) ? report : { status: status === 'shutting_down' ? 'error' : status };
    await reply.status(ready ? 200 : 503).send(told);
  }

  /** For who is inside; to anybody else there is no such route. */
  @Get('metrics')
  @Header('content-type', metrics.contentType)
  scrape(@Req() request: FastifyRequest): Promise<string> {
    if (!isFromInside(request)) throw new Refused('not-found', 'There is no such route');
    return metrics.metrics();
  }

  @Get('openapi.json')
  openApi(): object {
    return this.api.document();
  }
}
