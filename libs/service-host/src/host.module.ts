import { AuthGuard, TokenVerifier, jwksFrom } from '@edgeflow/identity';
import { HealthModule, type ReadinessCheck } from '@edgeflow/telemetry';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { ApiDescription } from './api-description.js';
import type { ServiceConfig } from './config.js';
import { OperationsController } from './operations.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { RateLimitGuard, rateLimit } from './rate-limit.js';
import { validation } from './validation.js';

export interface HostedModule {
  config: ServiceConfig;
  module: Type | DynamicModule;
  readiness: readonly ReadinessCheck[];
}

/**
 * What all services have in common, around the module of one of them, so that a service's own module stays a flat list
 * of controllers and providers.
 */
@Module({})
export class HostModule {
  static around({ config, module, readiness }: HostedModule): DynamicModule {
    return {
      module: HostModule,
      global: true,
      imports: [HealthModule.for(readiness), ThrottlerModule.forRoot(rateLimit(config.RATE_LIMIT_PER_MINUTE)), module],
      controllers: [OperationsController],
      providers: [
        ApiDescription,
        { provide: TokenVerifier, useFactory: () => new TokenVerifier(jwksFrom(config.AUTH_JWKS_URL)) },
        // In this order: the limit is per caller, and the caller is who the token names.
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useFactory: validation },
      ],
      exports: [TokenVerifier],
    };
  }
}
