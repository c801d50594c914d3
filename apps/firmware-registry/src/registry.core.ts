import type { EventLog } from '@edgeflow/event-log';
import type { ObjectStore } from '@edgeflow/object-store';
import type { Machine } from '@edgeflow/runtime';
import type { ReadinessCheck } from '@edgeflow/telemetry';
import { IssuedKeys } from './api-keys/issued-keys.js';
import { Catalog } from './catalog.js';
import { DeletionSweep } from './deletion/deletion-sweep.js';
import { Deletions } from './deletion/deletions.js';
import { Retention } from './deletion/retention.js';
import { Images } from './images/images.js';
import { KeyClaims } from './images/key-claims.js';
import { Leftovers } from './images/leftovers.js';
import { OrphanSweep } from './processors/orphan-sweep.js';
import type { RegistryConfig } from './registry.config.js';
import { Manifests } from './trust/manifests.js';
import { Trusted } from './trust/organization-trust.js';
import { Publications } from './upload/publications.js';
import { Uploads } from './upload/uploads.js';

/** What of its environment the core goes by; the rest is the HTTP side's. */
export type RegistryCoreConfig = Pick<
  RegistryConfig,
  'UPLOAD_MAX_BYTES' | 'DDI_ORGANIZATIONS' | 'ORPHAN_AGE_S' | 'DELETION_WAIT_MS' | 'RETENTION_EVERY_S'
>;

/** What a registry stands on. Whoever opened it closes it. */
export interface RegistryBase {
  config: RegistryCoreConfig;
  log: EventLog;
  store: ObjectStore;
  machine: Machine;
}

/** A registry without its HTTP side: what it does, and what it does by itself. Several in one process know nothing of each other. */
export class RegistryCore {
  readonly trusted: Trusted;
  readonly catalog: Catalog;
  readonly manifests: Manifests;
  readonly publications: Publications;
  readonly deletions: Deletions;
  readonly retention: Retention;
  readonly issuedKeys: IssuedKeys;
  readonly deletionSweep: DeletionSweep;
  readonly orphanSweep: OrphanSweep;
  /** What it cannot work without, besides the log. */
  readonly readiness: readonly ReadinessCheck[];

  constructor({ config, log, store, machine: { clock, entropy } }: RegistryBase) {
    this.trusted = new Trusted(log);
    this.catalog = new Catalog(log, this.trusted);
    this.manifests = new Manifests(log, this.trusted);
    this.issuedKeys = new IssuedKeys(log, entropy);
    const leftovers = new Leftovers(store, this.catalog, new KeyClaims());
    this.orphanSweep = new OrphanSweep(log, leftovers, config, clock);
    this.deletions = new Deletions(log, this.catalog, leftovers, { clock, wait_ms: config.DELETION_WAIT_MS });
    this.deletionSweep = new DeletionSweep(log, this.deletions, clock);
    const every = { clock, ms: config.RETENTION_EVERY_S * 1000 };
    this.retention = new Retention(this.catalog, this.trusted, this.deletions, every);
    const uploads = new Uploads(this.catalog, new Images(store), leftovers, config);
    this.publications = new Publications(uploads, this.manifests, this.retention, config);
    this.readiness = [{ name: 's3', code: 'storage-unavailable', check: () => store.ready() }];
  }

  /** Begins what it does without being asked. */
  start(): void {
    for (const work of this.repeated()) work.start();
  }

  /** Ends that; what is under way is waited for. */
  async stop(): Promise<void> {
    await Promise.all(this.repeated().map((work) => work.stop()));
  }

  private repeated() {
    return [this.deletionSweep, this.orphanSweep, this.retention];
  }
}
