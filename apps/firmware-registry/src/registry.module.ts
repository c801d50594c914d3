import { Module, type DynamicModule, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '@edgeflow/runtime';
import { IssuedKeys } from './api-keys/issued-keys.js';
import { Catalog } from './catalog.js';
import { Deletions } from './deletion/deletions.js';
import { Retention } from './deletion/retention.js';
import { ApiKeysController } from './http/api-keys.controller.js';
import { DeletionController } from './http/deletion.controller.js';
import { KeysController } from './http/keys.controller.js';
import { ManifestController } from './http/manifest.controller.js';
import { PolicyController } from './http/policy.controller.js';
import { RetentionController } from './http/retention.controller.js';
import { RevocationController } from './http/revocation.controller.js';
import { UploadController } from './http/upload.controller.js';
import type { RegistryConfig } from './registry.config.js';
import { RegistryCore } from './registry.core.js';
import { Manifests } from './trust/manifests.js';
import { Trusted } from './trust/organization-trust.js';
import { FormUploads } from './upload/form-uploads.js';

/** What the process has composed before Nest puts HTTP around it. */
export interface Composed {
  config: RegistryConfig;
  core: RegistryCore;
}

/** What a core does by itself begins when the service is there, and ends before its last requests are answered. */
class CoreLife implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(private readonly core: RegistryCore) {}

  onApplicationBootstrap(): void {
    this.core.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.core.stop();
  }
}

@Module({})
export class RegistryModule {
  static with({ config, core }: Composed): DynamicModule {
    return {
      module: RegistryModule,
      controllers: [
        UploadController,
        RevocationController,
        DeletionController,
        RetentionController,
        ManifestController,
        KeysController,
        PolicyController,
        ApiKeysController,
      ],
      providers: [
        { provide: RegistryCore, useValue: core },
        { provide: Catalog, useValue: core.catalog },
        { provide: Deletions, useValue: core.deletions },
        { provide: IssuedKeys, useValue: core.issuedKeys },
        { provide: Manifests, useValue: core.manifests },
        { provide: Retention, useValue: core.retention },
        { provide: Trusted, useValue: core.trusted },
        {
          provide: FormUploads,
          useFactory: (clock: Clock) => new FormUploads(core.publications, config, clock),
          inject: [Clock],
        },
        { provide: CoreLife, useFactory: () => new CoreLife(core) },
      ],
    };
  }
}
