import { Module, type DynamicModule } from '@nestjs/common';
import { EventLog } from '@edgeflow/event-log';
import { OrchestratorConfig } from './config.js';
import { DeadlinesController } from './deadlines.controller.js';
import { Updates } from './updates.js';
import { UpdatesController } from './updates.controller.js';

/** What the process has opened before Nest wires it. */
export interface Opened {
  config: OrchestratorConfig;
  log: EventLog;
}

@Module({})
export class AppModule {
  static with({ config, log }: Opened): DynamicModule {
    return {
      module: AppModule,
      controllers: [UpdatesController, DeadlinesController],
      providers: [{ provide: OrchestratorConfig, useValue: config }, { provide: EventLog, useValue: log }, Updates],
    };
  }
}
