import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Refused } from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { AllowClaim, CurrentCaller, Roles, TokenIssuer, type Caller } from '@edgeflow/identity';
import { systemMachine } from '@edgeflow/runtime';
import { startTestNats, temporaryFolder, type TemporaryFolder, type TestNats } from '@edgeflow/testkit';
import { correlationId } from '@edgeflow/telemetry';
import { Body, Controller, Get, Module, Post, Query } from '@nestjs/common';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, MaxLength, Min, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiOf, readConfig, ServiceConfig, startService, type RunningService } from './index.js';

class Sole {
  @IsString() material!: string;
}

class NewShoe {
  @IsString() @MaxLength(8) name!: string;
  @Type(() => Number) @IsInt() @Min(1) size!: number;
  @IsOptional() @ValidateNested() @Type(() => Sole) sole?: Sole;
}

class ShoeQuery {
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) limit?: number;
}

let release: () => void = () => undefined;
let reached: () => void = () => undefined;

@Controller('shop/v1/shoes')
class ShoeController {
  @Get() list(@CurrentCaller() caller: Caller, @Query() query: ShoeQuery): object {
    return { ...caller, limit: query.limit, correlation_id: correlationId() };
  }

  @Post() @Roles('publisher') add(@Body() shoe: NewShoe): object {
    return { ...shoe, correlation_id: correlationId() };
  }

  @Post('claimed') @Roles('admin') @AllowClaim() claim(@CurrentCaller() caller: Caller): object {
    return caller;
  }

  @Get('broken') broken(): never {
    throw new Error('the password is hunter2');
  }

  @Get('offline') offline(): never {
    throw new Refused('log-unavailable', 'NATS does not answer', { servers: 3, status: 'hidden' });
  }

  @Get('slow') async slow(): Promise<{ done: true }> {
    reached();
    await new Promise<void>((resolve) => (release = resolve));
    return { done: true };
  }
}

@Module({ controllers: [ShoeController] })
class ShopModule {}

let issuer: TokenIssuer;
let folder: TemporaryFolder;
let nats: TestNats;
let log: EventLog;
let service: RunningService;
let laceIsThere = true;

beforeAll(async () => {
  [folder, nats, issuer] = await Promise.all([temporaryFolder('host'), startTestNats(), TokenIssuer.create()]);
  await writeFile(join(folder.path, 'jwks.json'), JSON.stringify(issuer.jwks()));
  log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
  service = await start();
});

afterAll(async () => {
  await service.stop();
  await log.close();
  await Promise.all([nats.stop(), folder.remove()]);
});

function start(extra: Record<string, string> = {}, onStop?: () => Promise<void>): Promise<RunningService> {
  const AUTH_JWKS_URL = pathToFileURL(join(folder.path, 'jwks.json')).href;
  const config = readConfig(ServiceConfig, {
    NATS_URL: nats.url,
    LOG_LEVEL: process.env['SPEC_LOG_LEVEL'] ?? 'silent',
    AUTH_JWKS_URL,
    ...extra,
  });
  const check = async (): Promise<void> => {
    if (!laceIsThere) throw new Error('no answer from lace://user:hunter2@127.0.0.1:4222');
  };
  return startService({
    ...{ name: 'shoe-shop', prefix: 'shop', config, log, module: ShopModule, readiness: [{ name: 'lace', check }] },
    machine: systemMachine,
    ...(onStop && { onStop }),
  });
}

type Init = Omit<RequestInit, 'headers'> & { headers?: Record<string, string> };

async function as(role: 'admin' | 'publisher' | 'viewer', path: string, init: Init = {}): Promise<Response> {
  const token = await issuer.issue({ org: 'acme', role, subject: 'ann' }, 60);
  return fetch(service.url + path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });
}

const json = (body: unknown): Init => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

describe('a request without valid credentials', () => {
  it('is answered with 401, a challenge and a problem document', async () => {
    const answer = await fetch(`${service.url}/shop/v1/shoes?secret=1`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="edgeflow"');
    const { server_time, ...problem } = (await answer.json()) as { server_time: string };
    expect(problem).toEqual({
      type: 'urn:edgeflow:problem:unauthorized',
      title: 'No valid credentials were given',
      status: 401,
      detail: 'The request has no Authorization header',
      code: 'unauthorized',
      instance: '/shop/v1/shoes',
      http_request_id: answer.headers.get('x-request-id'),
    });
    const date = Date.parse(answer.headers.get('date') ?? '');
    expect(date).toBe(Math.floor(Date.parse(server_time) / 1000) * 1000);
  });

  it('says what is wrong with a token that was given', async () => {
    const answer = await as('viewer', '/shop/v1/shoes', { headers: { authorization: 'Bearer a.b.c' } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="edgeflow", error="invalid_token"');
    expect(await answer.json()).toMatchObject({ detail: 'The token is not well formed' });
  });

  it('does not get past a route that is for another role', async () => {
    const answer = await as('viewer', '/shop/v1/shoes', json({ name: 'boot', size: 42 }));
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'forbidden', roles: ['viewer'], allowed: ['publisher'] });
  });
});

describe('a claim token', () => {
  it('is taken where a route allows it, and nowhere else', async () => {
    const headers = { authorization: `Claim ${await issuer.issueClaim('acme', 60)}` };
    const claimed = await fetch(`${service.url}/shop/v1/shoes/claimed`, { method: 'POST', headers });
    expect(await claimed.json()).toEqual({
      ...{ org: 'acme', kind: 'device-claim', subject: 'claim:acme', roles: [] },
    });
    expect((await fetch(`${service.url}/shop/v1/shoes`, { headers })).status).toBe(401);
    const asBearer = { authorization: headers.authorization.replace('Claim', 'Bearer') };
    expect((await fetch(`${service.url}/shop/v1/shoes`, { headers: asBearer })).status).toBe(401);
  });

  it('does not open the route to members of another role', async () => {
    expect((await as('viewer', '/shop/v1/shoes/claimed', { method: 'POST' })).status).toBe(403);
    expect((await as('admin', '/shop/v1/shoes/claimed', { method: 'POST' })).status).toBe(201);
  });
});

describe('a request', () => {
  it('knows its caller and its typed query', async () => {
    const answer = await as('viewer', '/shop/v1/shoes?limit=5');
    expect(await answer.json()).toMatchObject({ org: 'acme', kind: 'member', roles: ['viewer'], limit: 5 });
  });

  it('keeps a legal x-request-id as correlation id, in the body parser and after', async () => {
    const init = json({ name: 'boot', size: 42 });
    const answer = await as('admin', '/shop/v1/shoes', {
      ...init,
      headers: { ...init.headers, 'x-request-id': 'r-1' },
    });
    expect(answer.headers.get('x-request-id')).toBe('r-1');
    expect(await answer.json()).toEqual({ name: 'boot', size: 42, correlation_id: 'r-1' });
  });

  it('gets a new id instead of an illegal one', async () => {
    const answer = await as('viewer', '/shop/v1/shoes', { headers: { 'x-request-id': 'a b' } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is refused with each violation when its body does not fit', async () => {
    const answer = await as('publisher', '/shop/v1/shoes', json({ name: 'longer than eight', size: 42, sole: {} }));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'invalid-request',
      violations: [
        { field: 'name', problem: 'name must be shorter than or equal to 8 characters' },
        { field: 'sole.material', problem: 'material must be a string' },
      ],
    });
  });
});

describe('what goes wrong before or in a handler', () => {
  it.each([
    ['a body that is no JSON', { ...json(0), body: '{' }, 400, 'invalid-request'],
    [
      'a body of another type',
      { method: 'POST', body: 'x', headers: { 'content-type': 'text/x' } },
      415,
      'media-type-unsupported',
    ],
    ['a body over 1 MiB', json('x'.repeat(1024 * 1024)), 413, 'upload-too-large'],
  ])('%s is a problem', async (_name, init: Init, status, code) => {
    const answer = await as('publisher', '/shop/v1/shoes', init);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({ code, status });
  });

  it.each(['/nowhere', '/shop/v1/nowhere', '/%zz'])('the unknown path %s is a problem', async (path) => {
    const answer = await fetch(service.url + path);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect([400, 404]).toContain(answer.status);
  });

  it('an unforeseen error tells the client nothing', async () => {
    const answer = await as('viewer', '/shop/v1/shoes/broken');
    expect(answer.status).toBe(500);
    const body = await answer.text();
    expect(body).toContain('internal-error');
    expect(body).not.toMatch(/hunter2|stack|\.ts/);
  });

  it('what is away for a moment says when to come back, with its facts', async () => {
    const answer = await as('viewer', '/shop/v1/shoes/offline');
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({ code: 'log-unavailable', status: 503, servers: 3 });
  });
});

describe.each(['', '/shop'])('the operations under "%s/"', (prefix) => {
  it('tell liveness and readiness', async () => {
    expect(await (await fetch(`${service.url}${prefix}/livez`)).json()).toEqual({ status: 'ok' });
    const ready = await fetch(`${service.url}${prefix}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: 'ok',
      details: { nats: { status: 'up' }, lace: { status: 'up' } },
    });
  });

  it('name what is not ready, without secrets', async () => {
    laceIsThere = false;
    const answer = await fetch(`${service.url}${prefix}/readyz`);
    laceIsThere = true;
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: 'error',
      error: { lace: { status: 'down', message: 'no answer from lace://user:[redacted]@127.0.0.1:4222' } },
    });
  });

  it('serve metrics by route', async () => {
    const text = await (await fetch(`${service.url}${prefix}/metrics`)).text();
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toMatch(
      /edgeflow_http_request_duration_seconds_count\{method="GET",route="\/shop\/v1\/shoes",status="401"\}/,
    );
  });

  it('describe the API as valid OpenAPI 3.1', async () => {
    const document = (await (await fetch(`${service.url}${prefix}/openapi.json`)).json()) as Record<string, never>;
    expect(document['openapi']).toBe('3.1.0');
    expect(await new Validator().validate(document)).toMatchObject({ valid: true });
    expect(document).toHaveProperty(['components', 'schemas', 'Problem', 'properties', 'code', 'enum']);
    expect(document).toHaveProperty(['components', 'responses', 'default', 'content']);
    const anything = { $ref: '#/components/responses/default' };
    expect(document).toHaveProperty(['paths', '/shop/v1/shoes', 'post', 'responses', 'default'], anything);
    expect(document).toMatchObject({ security: [{ bearer: [] }] });
    expect(document).toEqual(
      JSON.parse(JSON.stringify(await openApiOf({ name: 'shoe-shop', prefix: 'shop', module: ShopModule }))),
    );
  });
});

describe('a caller past the limit', () => {
  it('is told when to come back, alone', async () => {
    const limited = await start({ RATE_LIMIT_PER_MINUTE: '2' });
    const ask = async (subject: string): Promise<Response> => {
      const token = await issuer.issue({ org: 'acme', role: 'viewer', subject }, 60);
      return fetch(`${limited.url}/shop/v1/shoes`, { headers: { authorization: `Bearer ${token}` } });
    };
    // Three in a row can straddle the turn of a minute once, five cannot.
    const answers = [await ask('ann'), await ask('ann'), await ask('ann'), await ask('ann'), await ask('ann')];
    const refused = answers.find(({ status }) => status === 429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused?.json()).toMatchObject({ code: 'too-many-requests' });
    expect((await ask('bob')).status).toBe(200);
    expect((await fetch(`${limited.url}/livez`)).status).toBe(200);
    await limited.stop();
  });
});

describe('a service that stops', () => {
  it('finishes the request it is answering, then runs onStop, once', async () => {
    const order: string[] = [];
    const stopping = await start({}, async () => void order.push('onStop'));
    const token = await issuer.issue({ org: 'acme', role: 'viewer', subject: 'ann' }, 60);
    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const slow = fetch(`${stopping.url}/shop/v1/shoes/slow`, { headers: { authorization: `Bearer ${token}` } });
    await arrived;
    const stopped = Promise.all([stopping.stop(), stopping.stop()]);
    await expect
      .poll(
        () =>
          fetch(`${stopping.url}/readyz`).then(
            ({ status }) => status,
            () => 'refused',
          ),
        { timeout: 10_000 },
      )
      .not.toBe(200);
    expect(order).toEqual([]);
    release();
    expect(await (await slow).json()).toEqual({ done: true });
    await stopped;
    expect(order).toEqual(['onStop']);
    await expect(fetch(`${stopping.url}/livez`)).rejects.toThrow();
  });

  it('takes its signal handlers away', async () => {
    const before = process.listenerCount('SIGTERM');
    const stopping = await start();
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    await stopping.stop();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});

describe('the security headers', () => {
  it('keep browsers from running or framing an answer, and CORS is off', async () => {
    const { headers } = await fetch(`${service.url}/livez`, { headers: { origin: 'https://evil.example' } });
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
