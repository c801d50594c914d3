import { Clock } from '@edgeflow/runtime';
import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { READINESS_CHECKS, Readiness, type ReadinessCheck } from './readiness.js';

/** Provides `Readiness` to the whole app. */
@Module({})
export class HealthModule {
  /** @param checks what the service cannot work without */
  static for(checks: readonly ReadinessCheck[], clock: Clock): DynamicModule {
    return {
      module: HealthModule,
      global: true,
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [{ provide: READINESS_CHECKS, useValue: checks }, { provide: Clock, useValue: clock }, Readiness],
      exports: [Readiness],
    };
  }
}
