import type { EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import type { RegistryConfig } from '../registry.config.js';
import { orphans } from '../registry.metrics.js';
import type { Leftovers } from '../images/leftovers.js';
import { RepeatedWork } from './repeated-work.js';

const EVERY_MS = 3_600_000;
/** By then a fold whose rows were not made of this log has said so (ADR 0027), and nothing is taken for an orphan; in milliseconds. */
const FIRST_MS = 60_000;
/** Crashes leave a few images. More than this rather says that the bucket belongs to another event log than this one. */
const MAX_ORPHANS = 100;

/** What one sweep has done. */
export interface Swept {
  images: number;
  uploads: number;
}

/** Removes what crashes left in the object store, a minute after the start and every hour. Uploads that fail clean up after themselves. */
export class OrphanSweep extends RepeatedWork {
  constructor(
    private readonly log: EventLog,
    private readonly leftovers: Leftovers,
    private readonly config: Pick<RegistryConfig, 'ORPHAN_AGE_S'>,
    clock: Clock,
  ) {
    const failed = 'could not look for what crashes left in the object store; the next sweep will';
    super({ clock, ms: EVERY_MS, first_ms: FIRST_MS }, failed);
  }

  /** Sweeps once. @param now by the log's time @throws Refused `storage-unavailable`, `log-unavailable` */
  async run(now: Date = this.log.clock.now()): Promise<Swept> {
    const before = new Date(now.getTime() - this.config.ORPHAN_AGE_S * 1000);
    const uploads = await this.leftovers.abortUploads(before);
    orphans.inc({ kind: 'upload' }, uploads);
    const { deleted, unknown } = await this.leftovers.find(before);
    const tooMany = unknown.length > MAX_ORPHANS;
    if (tooMany) this.refuse(unknown.length);
    let images = 0;
    for (const key of tooMany ? deleted : [...deleted, ...unknown]) {
      if (await this.leftovers.remove(key)) images += 1;
    }
    orphans.inc({ kind: 'image' }, images);
    return { images, uploads };
  }

  private refuse(found: number): void {
    orphans.inc({ kind: 'refused' }, found);
    logger.error(
      { found, limit: MAX_ORPHANS },
      'too many images that no event names: none is removed; is this their event log?',
    );
  }

  protected async turn(): Promise<void> {
    const { images, uploads } = await this.run();
    if (images + uploads > 0) logger.info({ images, uploads }, 'removed what crashes had left in the object store');
  }
}
