import { Module, type DynamicModule } from '@nestjs/common';
import { EventLog } from '@edgeflow/event-log';
import { ObjectStore } from '@edgeflow/object-store';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { IssuedKeys } from './api-keys/issued-keys.js';
import { Catalog } from './catalog.js';
import { CLOCK, type Clock } from './clock.js';
import { RegistryConfig } from './config.js';
import { Images } from './images/images.js';
import { KeyClaims } from './images/key-claims.js';
import { Leftovers } from './images/leftovers.js';
import { OrphanSweep } from './images/orphan-sweep.js';
import { KeysController } from './trust/keys.controller.js';
import { ManifestController } from './trust/manifest.controller.js';
import { Manifests } from './trust/manifests.js';
import { PolicyController } from './trust/policy.controller.js';
import { Trusted } from './trust/trusted.js';
import { RevocationController } from './revocation.controller.js';
import { UploadController } from './upload/upload.controller.js';
import { Uploads } from './upload/uploads.js';

/** What the process has opened before Nest wires it. */
export interface Opened {
  config: RegistryConfig;
  log: EventLog;
  store: ObjectStore;
  clock: Clock;
}

@Module({})
export class AppModule {
  static with({ config, log, store, clock }: Opened): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        UploadController,
        RevocationController,
        ManifestController,
        KeysController,
        PolicyController,
        ApiKeysController,
      ],
      providers: [
        { provide: RegistryConfig, useValue: config },
        { provide: EventLog, useValue: log },
        { provide: ObjectStore, useValue: store },
        { provide: CLOCK, useValue: clock },
        Catalog,
        KeyClaims,
        Images,
        IssuedKeys,
        Leftovers,
        Manifests,
        OrphanSweep,
        Trusted,
        Uploads,
      ],
    };
  }
}
