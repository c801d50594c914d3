import { Refused } from '@edgeflow/contracts';
import type { Catalog } from '../catalog.js';
import { RepeatedWork, type Recurrence } from '../processors/repeated-work.js';
import type { Trusted } from '../trust/organization-trust.js';
import type { Deletions } from './deletions.js';
import { beyond } from './beyond.js';

/** Keeps the newest versions of each model, and what somebody needs, in organizations that want it so. */
export class Retention extends RepeatedWork {
  /** What was found to be needed since the last full look: it is not asked about at each upload. */
  private readonly needed = new Set<string>();

  constructor(
    private readonly catalog: Catalog,
    private readonly trusted: Trusted,
    private readonly deletions: Deletions,
    every: Recurrence,
  ) {
    super(every, 'could not look for firmware that need not be kept; the next look will');
  }

  /** Something was uploaded: what it has pushed out goes. */
  uploaded(org: string): void {
    this.queue(() => this.run(org));
  }

  /** The organization keeps another number from now on. */
  changed(org: string): void {
    this.queue(() => {
      this.needed.clear();
      return this.run(org);
    });
  }

  /** One look at an organization. @throws Refused `log-unavailable` */
  async run(org: string): Promise<void> {
    const { keep_last } = await this.trusted.of(org);
    if (keep_last === undefined) return;
    const { uploads, revoked } = await this.catalog.uploadsAndRevoked(org);
    for (const { firmware_id } of beyond(uploads, keep_last, revoked)) {
      if (this.stopped) return;
      if (this.needed.has(firmware_id)) continue;
      const { status } = await this.deletions
        .request(org, firmware_id, { cause: 'retention', requested_by: 'retention' })
        .catch((error: unknown) => this.unlessNeeded(firmware_id, error));
      // Nobody answers: the others would wait for that too.
      if (status === 'requested') return;
    }
  }

  protected async turn(): Promise<void> {
    this.needed.clear();
    for (const org of await this.trusted.withRetention()) if (!this.stopped) await this.run(org);
  }

  private unlessNeeded(firmware_id: string, error: unknown): { status: 'needed' } {
    if (!(error instanceof Refused) || !['firmware-in-use', 'firmware-unknown'].includes(error.code)) throw error;
    this.needed.add(firmware_id);
    return { status: 'needed' };
  }
}
