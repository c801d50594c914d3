import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { logger } from '@edgeflow/telemetry';
import { CLOCK, type Clock } from '../clock.js';
import { RegistryConfig } from '../config.js';
import { orphans } from '../metrics.js';
import { Leftovers } from './leftovers.js';

const EVERY_MS = 3_600_000;
/** Crashes leave a few images. More than this rather says that the bucket belongs to another event log than this one. */
const MAX_ORPHANS = 100;

/** What one sweep has done. */
export interface Swept {
  images: number;
  uploads: number;
}

/** Removes what crashes left in the object store, at start and every hour. Uploads that fail clean up after themselves. */
@Injectable()
export class OrphanSweep implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly leftovers: Leftovers,
    @Inject(RegistryConfig) private readonly config: RegistryConfig,
    @Inject(CLOCK) private readonly now: Clock,
  ) {}

  onApplicationBootstrap(): void {
    const sweep = (): void => {
      this.running = this.running.then(() => this.runSafely());
    };
    this.timer = setInterval(sweep, EVERY_MS).unref();
    sweep();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Sweeps once. @throws Refused `storage-unavailable`, `log-unavailable` */
  async run(): Promise<Swept> {
    const before = new Date(this.now().getTime() - this.config.ORPHAN_AGE_S * 1000);
    const uploads = await this.leftovers.abortUploads(before);
    orphans.inc({ kind: 'upload' }, uploads);
    const keys = await this.leftovers.find(before);
    if (keys.length > MAX_ORPHANS) return { images: this.refuse(keys.length), uploads };
    let images = 0;
    for (const key of keys) if (await this.leftovers.remove(key)) images += 1;
    orphans.inc({ kind: 'image' }, images);
    return { images, uploads };
  }

  private refuse(found: number): number {
    orphans.inc({ kind: 'refused' }, found);
    logger.error(
      { found, limit: MAX_ORPHANS },
      'too many images that no event names: none is removed; is this their event log?',
    );
    return 0;
  }

  private async runSafely(): Promise<void> {
    try {
      const { images, uploads } = await this.run();
      if (images + uploads > 0) logger.info({ images, uploads }, 'removed what crashes had left in the object store');
    } catch (error) {
      logger.warn({ err: error }, 'could not look for what crashes left in the object store; the next sweep will');
    }
  }
}
