import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EventLog } from '@edgeflow/event-log';
import { Fold } from '@edgeflow/fold';
import { OrchestratorConfig } from './config.js';
import { Acknowledgements } from './aside/acknowledgements.js';
import { AsideController } from './aside/aside.controller.js';
import { DeadlinesController } from './lanes/deadlines.controller.js';
import { DeviceRollbackController } from './requests/device-rollback.controller.js';
import { KnownDevices } from './requests/known-devices.js';
import { Requests } from './requests/requests.js';
import { Updates } from './requests/updates.js';
import { UpdatesController } from './requests/updates.controller.js';
import { Rollouts } from './rollouts/rollouts.js';
import { RolloutsController } from './rollouts/rollouts.controller.js';

/** What the process has opened before Nest wires it. */
export interface Opened {
  config: OrchestratorConfig;
  log: EventLog;
  database: DataSource;
  known: KnownDevices;
  fold: Fold;
}

@Module({
  controllers: [UpdatesController, DeviceRollbackController, RolloutsController, AsideController, DeadlinesController],
})
export class AppModule {
  static with({ config, log, database, known, fold }: Opened): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: OrchestratorConfig, useValue: config },
        { provide: EventLog, useValue: log },
        { provide: DataSource, useValue: database },
        { provide: KnownDevices, useValue: known },
        { provide: Fold, useValue: fold },
        Requests,
        Updates,
        Rollouts,
        Acknowledgements,
      ],
    };
  }
}
