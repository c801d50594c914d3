import { readFileSync } from 'node:fs';
import { Refused } from '@edgeflow/contracts';
import { metrics } from '@edgeflow/telemetry';
import { Controller, Get } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Roles } from '@edgeflow/identity';
import { systemClock } from '@edgeflow/runtime';
import { Refuses, refusalsOf } from './refuses.js';
import { RouteGuard, UNDECLARED, noticeUndeclared } from './undeclared.js';

@Controller('hats')
@Refuses('read-model-behind')
class HatController {
  @Get() @Refuses('device-unknown') @Refuses('conflict') one(): object {
    return {};
  }

  @Get('secret') @Roles('auditor') secret(): object {
    return {};
  }
}

const route = (name: 'one' | 'secret') => ({ controller: HatController, handler: HatController.prototype[name] });

/** A request that has come to a route. */
function requestTo(name: 'one' | 'secret'): FastifyRequest {
  const { controller, handler } = route(name);
  const request = { method: 'GET', routeOptions: { url: `/hats/${name}` } } as FastifyRequest;
  const http = { getRequest: () => request };
  const context = {
    getType: () => 'http',
    getClass: () => controller,
    getHandler: () => handler,
    switchToHttp: () => http,
  };
  expect(new RouteGuard().canActivate(context as unknown as ExecutionContext)).toBe(true);
  return request;
}

const noticed = async () =>
  (await metrics.getSingleMetric('edgeflow_undeclared_refusals_total')!.get()).values.map(({ labels }) => labels);

describe('the codes of a route', () => {
  it('are its own, those of its controller and those of every route', () => {
    const codes = [...refusalsOf(route('one'))];
    expect(codes).toEqual(expect.arrayContaining(['device-unknown', 'conflict', 'read-model-behind', 'unauthorized']));
    expect(codes).not.toContain('forbidden');
    expect([...refusalsOf(route('secret'))]).not.toContain('device-unknown');
  });

  it('have `forbidden` where not everybody may', () => {
    expect([...refusalsOf(route('secret'))]).toContain('forbidden');
  });
});

describe('a refusal', () => {
  it('that its route declares is not noticed, nor one before there was a route', async () => {
    noticeUndeclared(requestTo('one'), 'device-unknown', systemClock);
    noticeUndeclared(requestTo('one'), 'read-model-behind', systemClock);
    noticeUndeclared({} as FastifyRequest, new Refused('not-found').code, systemClock);
    expect(await noticed()).toEqual([]);
  });

  it('that its route does not declare is', async () => {
    noticeUndeclared(requestTo('secret'), 'device-unknown', systemClock);
    expect(await noticed()).toEqual([{ route: 'GET /hats/secret', code: 'device-unknown' }]);
  });

  it('is logged in the words that the harness of the whole product looks for', () => {
    const harness = new URL('../../../../test/e2e/standalone.harness.ts', import.meta.url);
    expect(readFileSync(harness, 'utf8')).toContain(`'${UNDECLARED}'`);
  });
});
