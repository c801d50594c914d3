import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Fold } from '@edgeflow/fold';
import { AccessController } from './access/access.controller.js';
import { AsideController } from './aside/aside.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { DevicesController } from './devices/devices.controller.js';
import { FirmwareController } from './firmware/firmware.controller.js';
import { ReadModels } from './query/read-models.js';
import { RequestsController } from './requests/requests.controller.js';
import { RolloutDevicesController } from './rollouts/rollout-devices.controller.js';
import { RolloutTimelineController } from './rollouts/rollout-timeline.controller.js';
import { RolloutsController } from './rollouts/rollouts.controller.js';
import { TimelineController } from './timeline/timeline.controller.js';
import { WhyController } from './why/why.controller.js';

/** What the process has opened before Nest wires it. */
export interface Opened {
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
  static with({ database, fold }: Opened): DynamicModule {
    return {
      module: ProjectionModule,
      providers: [{ provide: DataSource, useValue: database }, { provide: Fold, useValue: fold }, ReadModels],
    };
  }
}
