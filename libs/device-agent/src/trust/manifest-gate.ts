import { Refused, type FirmwareManifest } from '@edgeflow/contracts';
import { readKeyStatement, readManifest } from '@edgeflow/identity/signing';
import { UpdateFailure } from '../update/update-failure.js';
import type { Plan } from '../update/update.state.js';
import type { CloudClock } from '../cloud/cloud-clock.js';
import { failureOf } from './manifest-check.js';
import { floorAfter, momentOf, type Clocks } from './passed-time.js';
import type { TrustStore } from './trust-store.js';
import { isKeyless, ran, seen, stated, type Trust } from './trust.js';

export interface GateOptions {
  trust: TrustStore;
  org: string;
  model: string;
  clock: CloudClock;
}

/** The floor of time is written when it rises by so much, in milliseconds: flash wears. */
const BOOK_MS = 10 * 60_000;

/** Lets a plan pass whose manifest the device trusts. Nothing that the cloud says counts here but what is signed. */
export class ManifestGate {
  constructor(private readonly options: GateOptions) {}

  /**
   * Hears what keys say of each other, then judges the plan by its manifest.
   * @returns the manifest; undefined for an unsigned firmware on a device that may take one
   * @throws UpdateFailure `signature-invalid`, `manifest-mismatch`, `wrong-model`, `manifest-expired`, `downgrade-refused`
   */
  async admit(plan: Plan): Promise<FirmwareManifest | undefined> {
    const { org, model } = this.options;
    const trust = await this.options.trust.change((before) => this.heard(before, plan.key_statements ?? []));
    if (isUnsigned(plan, trust)) return undefined;
    const manifest = await verified(plan.manifest, trust);
    const now = momentOf(Date.parse(trust.latest_time), this.clocks());
    const failure = failureOf(manifest, { plan, org, model, trust, now });
    if (failure) throw failure;
    return manifest;
  }

  /** The plan's firmware was installed, booted and is well: the device does not go below it. */
  async ranWell({ manifest }: Plan): Promise<void> {
    await this.options.trust.change(async (trust) => {
      if (manifest === undefined || isKeyless(trust)) return trust;
      const read = await readManifest(manifest, keyIn(trust)).catch(() => undefined);
      // Its key was revoked since it was installed: what it says does not count any more.
      if (!read) return trust;
      const { version, sha256, release_counter } = read.manifest;
      return ran(trust, { version, sha256, release_counter });
    });
  }

  /** Keeps in mind what time has passed, for a device that loses its clock, or its cloud to others. */
  async passed(): Promise<void> {
    await this.options.trust.change((trust) => this.booked(trust));
  }

  private booked(trust: Trust): Trust {
    const floor = Date.parse(trust.latest_time);
    const at = floorAfter(floor, this.clocks());
    return at < floor + BOOK_MS ? trust : seen(trust, at);
  }

  private clocks(): Clocks {
    const { clock } = this.options;
    return { own: clock.own(), cloud: clock.cloud() };
  }

  /** What an unknown or a revoked key says, or a key of another organization, is not heard. */
  private async heard(trust: Trust, statements: readonly string[]): Promise<Trust> {
    let after = this.booked(trust);
    for (const compact of statements) {
      try {
        const { statement } = await readKeyStatement(compact, keyIn(after));
        if (statement.org === this.options.org) after = stated(after, statement);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    return after;
  }
}

/** Without any key a signature says nothing: to a device that does without signatures, such a firmware is an unsigned one. */
function isUnsigned({ manifest }: Plan, trust: Trust): boolean {
  return trust.signature === 'optional' && (manifest === undefined || isKeyless(trust));
}

function keyIn({ keys }: Trust) {
  return (kid: string) => keys.find((key) => key.kid === kid)?.public_key;
}

async function verified(manifest: string | undefined, trust: Trust): Promise<FirmwareManifest> {
  if (manifest === undefined) throw new UpdateFailure('signature-invalid', 'the firmware is not signed');
  try {
    return (await readManifest(manifest, keyIn(trust))).manifest;
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const code = cause.code === 'manifest-mismatch' ? 'manifest-mismatch' : 'signature-invalid';
    throw new UpdateFailure(code, cause.detail, { cause });
  }
}
