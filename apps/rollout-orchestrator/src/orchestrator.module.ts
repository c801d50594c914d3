import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { Fold } from '@edgeflow/fold';
import { AsideController } from './http/aside.controller.js';
import { CancelController } from './http/cancel.controller.js';
import { DeviceRollbackController } from './http/device-rollback.controller.js';
import { FleetWindowsController } from './http/fleet-windows.controller.js';
import { RolloutsController } from './http/rollouts.controller.js';
import { UpdatesController } from './http/updates.controller.js';
import { OrchestratorCore } from './orchestrator.core.js';
import { InboxesController } from './intake/inboxes.controller.js';
import { Acknowledgements } from './requests/acknowledgements.js';
import { Cancels } from './requests/cancels.js';
import { Updates } from './requests/updates.js';
import { FleetWindows } from './rollouts/fleet-windows.js';
import { Rollouts } from './rollouts/rollouts.js';

/** What the routes are answered by. */
function providersOf(core: OrchestratorCore): Provider[] {
  return [
    { provide: Acknowledgements, useValue: core.acknowledgements },
    { provide: Cancels, useValue: core.cancels },
    { provide: FleetWindows, useValue: core.windows },
    { provide: Fold, useValue: core.fold },
    { provide: OrchestratorCore, useValue: core },
    { provide: Rollouts, useValue: core.rollouts },
    { provide: Updates, useValue: core.updates },
  ];
}

/** The edge of the orchestrator: its routes, and what teams leave in their inboxes. */
@Module({})
export class OrchestratorModule {
  static with(core: OrchestratorCore): DynamicModule {
    return {
      module: OrchestratorModule,
      controllers: [
        UpdatesController,
        CancelController,
        DeviceRollbackController,
        RolloutsController,
        FleetWindowsController,
        AsideController,
        InboxesController,
      ],
      providers: providersOf(core),
    };
  }
}
