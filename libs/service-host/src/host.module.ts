import type { EventLog } from '@edgeflow/event-log';
import {
  ApiKeys,
  AuthGuard,
  Authenticator,
  DEVICE_AUTHENTICATOR,
  RolesGuard,
  TokenVerifier,
  type DeviceAuthenticator,
} from '@edgeflow/identity';
import { HealthModule, type ReadinessCheck } from '@edgeflow/telemetry';
import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { ApiDescription } from './api-description.js';
import { ApiKeyLanes } from './api-key-lanes.js';
import { logClock } from './log-clock.js';
import { logHalt, logRoom } from './log-room.js';
import { issuerKeysOf, tokenTrustOf } from './auth-config.js';
import type { ServiceConfig } from './config.js';
import { BodyGuard } from './json-body.js';
import { OperationsController } from './operations.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { QueryGuard } from './query-check.js';
import { RateLimitGuard, rateLimit } from './rate-limit.js';
import { validation } from './validation.js';

/** What service-host does with the log: it looks API keys up, records what callers do, says how full it is, whether it takes writes, and what time it is there. */
export type ServiceLog = Pick<EventLog, 'lastOfEach' | 'record' | 'fill' | 'halted' | 'clock'>;

export interface HostedModule {
  name: string;
  config: ServiceConfig;
  log: ServiceLog;
  module: Type | DynamicModule;
  readiness: readonly ReadinessCheck[];
}

function authentication({ name, config, log }: HostedModule): Provider[] {
  return [
    {
      provide: TokenVerifier,
      useFactory: () => new TokenVerifier(issuerKeysOf(config), tokenTrustOf(config), () => log.clock.now()),
    },
    { provide: ApiKeys, useFactory: () => new ApiKeys(new ApiKeyLanes(log, name), () => log.clock.now().getTime()) },
    {
      provide: Authenticator,
      inject: [TokenVerifier, ApiKeys, { token: DEVICE_AUTHENTICATOR, optional: true }],
      useFactory: (verifier: TokenVerifier, keys: ApiKeys, device?: DeviceAuthenticator) =>
        new Authenticator(verifier, keys, device),
    },
  ];
}

/**
 * What all services have in common, around the module of one of them, so that a service's own module stays a flat list
 * of controllers and providers.
 */
@Module({})
export class HostModule {
  static around(hosted: HostedModule): DynamicModule {
    const { config, log, module } = hosted;
    const readiness = [...hosted.readiness, logRoom(log), logHalt(log), logClock(log)];
    return {
      module: HostModule,
      global: true,
      imports: [HealthModule.for(readiness), ThrottlerModule.forRoot(rateLimit(config.RATE_LIMIT_PER_MINUTE)), module],
      controllers: [OperationsController],
      providers: [
        ApiDescription,
        ...authentication(hosted),
        // In this order: the limit is per caller, who is whom the credential names; what is forbidden counts like the rest; what is
        // wrong with a request is for those who may make it.
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: RolesGuard },
        { provide: APP_GUARD, useClass: QueryGuard },
        { provide: APP_GUARD, useClass: BodyGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useFactory: validation },
      ],
      exports: [TokenVerifier],
    };
  }
}
