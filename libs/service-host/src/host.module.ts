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
import type { Machine } from '@edgeflow/runtime';
import { HealthModule, type ReadinessCheck } from '@edgeflow/telemetry';
import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ApiDescription } from './openapi/api-description.js';
import { RouteGuard } from './openapi/undeclared.js';
import { ApiKeyStreams } from './api-key-streams.js';
import { logReadiness } from './log-readiness.js';
import { issuerKeysOf, tokenTrustOf } from './auth-config.js';
import type { ServiceConfig } from './config.js';
import { BodyGuard } from './json-body.js';
import { MachineModule } from './machine.module.js';
import { OperationsController } from './operations.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { QueryGuard } from './query-check.js';
import { RateLimitGuard } from './rate-limit.js';
import { validation } from './validation.js';

/** What service-host does with the log: it looks API keys up, records what callers do, says whether it is there, how full it is, whether it takes writes, and what time it is there. */
export type ServiceLog = Pick<EventLog, 'lastOfEach' | 'record' | 'check' | 'fill' | 'halted' | 'clock' | 'ids'>;

export interface HostedModule {
  name: string;
  config: ServiceConfig;
  log: ServiceLog;
  module: Type | DynamicModule;
  readiness: readonly ReadinessCheck[];
  /** What the service takes from its machine. */
  machine: Machine;
}

function authentication({ name, config, log, machine: { clock } }: HostedModule): Provider[] {
  return [
    {
      provide: TokenVerifier,
      useFactory: () => new TokenVerifier(issuerKeysOf(config, clock), tokenTrustOf(config), () => log.clock.now()),
    },
    {
      provide: ApiKeys,
      useFactory: () => new ApiKeys(new ApiKeyStreams(log, name, clock), () => log.clock.now().getTime()),
    },
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
  static hosting(hosted: HostedModule): DynamicModule {
    const { config, log, module, machine } = hosted;
    const { clock } = machine;
    const readiness = [...logReadiness(log), ...hosted.readiness];
    return {
      module: HostModule,
      global: true,
      imports: [MachineModule.of(machine), HealthModule.for(readiness, clock), module],
      controllers: [OperationsController],
      providers: [
        ApiDescription,
        ...authentication(hosted),
        { provide: APP_GUARD, useClass: RouteGuard },
        // In this order: the limit is per caller, who is whom the credential names; what is forbidden counts like the rest; what is
        // wrong with a request is for those who may make it.
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useFactory: () => new RateLimitGuard(config.RATE_LIMIT_PER_MINUTE, clock) },
        { provide: APP_GUARD, useClass: RolesGuard },
        { provide: APP_GUARD, useClass: QueryGuard },
        { provide: APP_GUARD, useClass: BodyGuard },
        { provide: APP_FILTER, useFactory: () => new ProblemFilter({ clock, at: () => log.clock.now() }) },
        { provide: APP_PIPE, useFactory: validation },
      ],
      exports: [TokenVerifier],
    };
  }
}
