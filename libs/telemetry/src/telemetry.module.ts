import { Module, type DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { LoggerModule } from 'nestjs-pino';
import { requestLogging } from './request-logging.js';
import { READINESS_CHECKS, Readiness, type ReadinessCheck } from './readiness.js';

/** Nest's side of telemetry: request logs through the process's logger, `PinoLogger` to inject, and `Readiness`. */
@Module({})
export class TelemetryModule {
  /** @param checks what the service cannot work without */
  static for(checks: readonly ReadinessCheck[]): DynamicModule {
    return {
      module: TelemetryModule,
      global: true,
      imports: [LoggerModule.forRoot(requestLogging), TerminusModule.forRoot({ logger: false })],
      providers: [{ provide: READINESS_CHECKS, useValue: checks }, Readiness],
      exports: [Readiness],
    };
  }
}
