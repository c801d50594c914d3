import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Refused, toEvent, type DataOf, type Role, type StoredEvent } from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import {
  AllowClaim,
  AllowDevice,
  CurrentCaller,
  DEVICE_AUTHENTICATOR,
  Roles,
  TokenIssuer,
  digestOfSecret,
  newSecret,
  secretTokenOf,
  type Caller,
} from '@edgeflow/identity';
import { systemEntropy, systemMachine } from '@edgeflow/runtime';
import { startTestNats, temporaryFolder, type TestNats } from '@edgeflow/testkit';
import type { ReadinessCheck } from '@edgeflow/telemetry';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Refuses, ServiceConfig, readConfig, startService, type RunningService } from './index.js';

class Hat {
  @IsString() @MaxLength(32) name!: string;
  @IsOptional() @IsString() reason?: string;
}

class HatQuery {
  @IsOptional() @IsString() x?: string;
}

/** Routes that answer what they are asked, for what comes around them. */
@Controller('hats/v1/hats')
class HatController {
  @Get() list(@CurrentCaller() caller: Caller): Caller {
    return caller;
  }

  @Get('secret') @Roles('auditor') secret(): object {
    return {};
  }

  @Get(':id') @Refuses('device-unknown') one(@Param('id') id: string): object {
    if (id !== 'mine') throw new Refused('device-unknown', undefined, { id });
    return { id };
  }

  @Post() @Roles('operator') @Refuses('conflict') add(@Body() hat: Hat, @Query() _query: HatQuery): object {
    if (hat.name === 'taken') throw new Refused('conflict');
    if (hat.name === 'broken') throw new Error('out of felt');
    return { ...hat };
  }

  @Post('claimed') @Roles('admin') @AllowClaim() claim(@CurrentCaller() caller: Caller): Caller {
    if (caller.kind === 'device-claim' && caller.claim?.secret !== GOOD_CLAIM) throw new Refused('unauthorized');
    return caller;
  }

  @Post('own') @Roles('admin') @AllowDevice() own(@CurrentCaller() caller: Caller): Caller {
    return caller;
  }
}

/** The secret of the one claim token that the fixture's route takes. */
export const GOOD_CLAIM = newSecret(systemEntropy);

const device = {
  provide: DEVICE_AUTHENTICATOR,
  useValue: async () => ({ org: 'acme', device_id: 'dev_1', jti: 'j' }),
};

@Module({ controllers: [HatController], providers: [device], exports: [device] })
class DeviceHatModule {}

@Module({ controllers: [HatController] })
class HatModule {}

export interface Answer {
  status: number;
  headers: Headers;
  // Specs look into bodies freely: what is not there fails their expectation.
  body: Record<string, never>;
}

/** A service over a real log, and credentials for it. */
export class Hosted {
  private readonly services: RunningService[] = [];

  private constructor(
    readonly nats: TestNats,
    readonly log: EventLog,
    readonly issuer: TokenIssuer,
    private readonly jwks_url: string,
    private readonly cleanUp: () => Promise<void>,
  ) {}

  static async open(): Promise<Hosted> {
    const [folder, nats, issuer] = await Promise.all([temporaryFolder('host'), startTestNats(), TokenIssuer.create()]);
    const file = join(folder.path, 'jwks.json');
    await writeFile(file, JSON.stringify(issuer.jwks()));
    const log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
    return new Hosted(nats, log, issuer, pathToFileURL(file).href, async () => {
      await log.close();
      await Promise.all([nats.stop(), folder.remove()]);
    });
  }

  async start(
    extra: Record<string, string> = {},
    { devices = false, readiness = [] }: { devices?: boolean; readiness?: readonly ReadinessCheck[] } = {},
  ): Promise<RunningService> {
    const env = { NATS_URL: this.nats.url, LOG_LEVEL: 'silent', AUTH_JWKS_URL: this.jwks_url, ...extra };
    const service = await startService({
      ...{ name: 'hatter', prefix: 'hats', config: readConfig(ServiceConfig, env), log: this.log },
      ...{ module: devices ? DeviceHatModule : HatModule, readiness, machine: systemMachine },
    });
    this.services.push(service);
    return service;
  }

  token(org: string, role: Role | readonly Role[], subject = 'ann'): Promise<string> {
    return this.issuer.issue({ org, role, subject }, 60);
  }

  /** The trail of an organization at this service. */
  async trail(org: string): Promise<DataOf<'ActionRecorded'>[]> {
    const events = await this.log.read({ org, entity: 'audit', entity_id: 'hatter' });
    return events.map((event) => (event as StoredEvent<'ActionRecorded'>).data);
  }

  /** Issues an API key, as the registry does. */
  async apiKey(org: string, id: string, request: { roles?: Role[]; expires_at?: string } = {}): Promise<string> {
    const secret = newSecret(systemEntropy);
    const { roles = ['operator'], ...expiry } = request;
    const data = { key_id: id, name: 'ci', secret_sha256: digestOfSecret(secret), roles, issued_by: 'ann', ...expiry };
    await this.log.append([this.onKey(org, id, { type: 'ApiKeyIssued', data })], { after: 0 });
    return secretTokenOf('efk', { org, id, secret });
  }

  async revokeKey(org: string, id: string): Promise<void> {
    await this.log.record(this.onKey(org, id, { type: 'ApiKeyRevoked', data: { key_id: id, revoked_by: 'ann' } }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    await this.cleanUp();
  }

  private onKey(org: string, id: string, fact: Parameters<typeof toEvent<'ApiKeyIssued' | 'ApiKeyRevoked'>>[1]) {
    const cause = { id: `evt-${id}-${fact.type}`, source: '/spec', time: new Date().toISOString() };
    return toEvent({ org, entity: 'access', entity_id: id }, fact, cause);
  }
}

/** A request with these headers. */
export async function ask(
  service: RunningService,
  path: string,
  { method = 'GET', body, ...headers }: Record<string, string> = {},
): Promise<Answer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(service.url + path, { method, headers: { ...type, ...headers }, body: body ?? null });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text ? (JSON.parse(text) as Answer['body']) : {} };
}

/** What a server says to these very bytes, until it hangs up: fetch is too polite for what attackers send. */
export async function raw(service: RunningService, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
