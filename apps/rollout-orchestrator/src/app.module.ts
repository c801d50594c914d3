import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EventLog } from '@edgeflow/event-log';
import { OrchestratorConfig } from './config.js';
import { DeadlinesController } from './deadlines.controller.js';
import { Dispatcher } from './dispatcher.js';
import { Updates } from './updates.js';
import { UpdatesController } from './updates.controller.js';

/** What the process has opened before Nest wires it. */
export interface Opened {
  config: OrchestratorConfig;
  log: EventLog;
  database: DataSource;
}

@Module({})
export class AppModule {
  static with({ config, log, database }: Opened): DynamicModule {
    return {
      module: AppModule,
      controllers: [UpdatesController, DeadlinesController],
      providers: [
        { provide: OrchestratorConfig, useValue: config },
        { provide: EventLog, useValue: log },
        { provide: DataSource, useValue: database },
        Dispatcher,
        Updates,
      ],
    };
  }
}
