import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EventLog } from '@edgeflow/event-log';
import { Fold } from '@edgeflow/fold';
import { AccessController } from './http/access.controller.js';
import { AsideController } from './http/aside.controller.js';
import { AuditController } from './http/audit.controller.js';
import { DevicesController } from './http/devices.controller.js';
import { FirmwareController } from './http/firmware.controller.js';
import { ReadModels } from './queries/read-models.js';
import { RequestsController } from './http/requests.controller.js';
import { RolloutDevicesController } from './http/rollout-devices.controller.js';
import { RolloutTimelineController } from './http/rollout-timeline.controller.js';
import { RolloutsController } from './http/rollouts.controller.js';
import { TimelineController } from './http/timeline.controller.js';
import { WhyController } from './http/why.controller.js';

/** What the process has opened before Nest wires it. */
export interface Opened {
  log: EventLog;
  database: DataSource;
  fold: Fold;
}

@Module({
  controllers: [
    DevicesController,
    TimelineController,
    RolloutsController,
    RolloutDevicesController,
    RolloutTimelineController,
    WhyController,
    FirmwareController,
    AuditController,
    AccessController,
    RequestsController,
    AsideController,
  ],
})
export class ProjectionModule {
  static with({ log, database, fold }: Opened): DynamicModule {
    return {
      module: ProjectionModule,
      providers: [
        { provide: EventLog, useValue: log },
        { provide: DataSource, useValue: database },
        { provide: Fold, useValue: fold },
        ReadModels,
      ],
    };
  }
}
