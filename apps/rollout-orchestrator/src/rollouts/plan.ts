import type { DataSource, EntityManager } from 'typeorm';
import { Refused, type DataOf, type RolloutSpec } from '@edgeflow/contracts';
import { exclusionOf, planRollout, specOf, type Release, type Wish } from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { releasesOf } from './releases.js';
import { targetedDevices } from './targeted-devices.js';

/** Devices in one event. */
const CHUNK = 1_000;
/** One atomic batch takes a thousand messages (ADR-50 of NATS), and the first is the rollout's own. */
const MAX_CHUNKS = 999;

/** A rollout as it is planned, with its devices in order. */
export interface Plan {
  accepted: DataOf<'RolloutAccepted'>;
  chunks: DataOf<'RolloutDevicesPlanned'>[];
}

/**
 * Finds the devices of a wish and makes the rollout's plan, from one moment of the fold.
 * @throws Refused what `planRollout` and `usableReleases` refuse, `target-too-large`
 */
export function makePlan(
  database: DataSource,
  { org, rollout_id: rolloutId }: Pick<RolloutRow, 'org' | 'rollout_id'>,
  wish: Wish,
  at: Date,
): Promise<Plan> {
  return database.transaction('REPEATABLE READ', async (tx) => {
    const spec = specOf(wish);
    const releases = await usableReleases(tx, org, spec.version, at);
    const found = new FoundDevices(rolloutId);
    for await (const page of targetedDevices(tx, org, rolloutId, spec.target)) {
      for (const device of page) found.add(device.device_id, exclusionOf(device, spec, releases));
    }
    for (const device_id of missing(spec, found)) found.add(device_id, 'device-unknown');
    return { accepted: planRollout(rolloutId, wish, found), chunks: found.chunks() };
  });
}

/** The images of a version. @throws Refused `firmware-unknown`, `firmware-revoked` or what is wrong with its signature, when none may be rolled out */
async function usableReleases(tx: EntityManager, org: string, version: string, at: Date): Promise<Release[]> {
  const releases = await releasesOf(tx, org, version, at);
  if (releases.length === 0) throw new Refused('firmware-unknown', `There is no firmware ${version}.`);
  if (releases.every(({ revoked }) => revoked)) throw new Refused('firmware-revoked', `${version} is revoked.`);
  const [first] = releases.filter(({ revoked }) => !revoked);
  // Of several models each may have a reason of its own; a rollout of which nothing can come says the first.
  if (first?.refusal && releases.every(({ revoked, refusal }) => revoked || refusal)) throw new Refused(first.refusal);
  return releases;
}

/** Devices that were named and that nothing is known of. */
function missing({ target: { devices = [] } }: RolloutSpec, found: FoundDevices): string[] {
  return devices.filter((device_id) => !found.has(device_id));
}

/** The devices of a plan while it is made: eligible ones in order, excluded ones with their reason. */
class FoundDevices {
  readonly excluded: Record<string, number> = {};
  private readonly known = new Set<string>();
  private readonly devices: { device_id: string }[] = [];
  private readonly exclusions: { device_id: string; reason: string }[] = [];

  constructor(private readonly rolloutId: string) {}

  get eligible(): number {
    return this.devices.length;
  }

  has(device_id: string): boolean {
    return this.known.has(device_id);
  }

  add(device_id: string, reason: string | undefined): void {
    this.known.add(device_id);
    if (reason === undefined) return void this.devices.push({ device_id });
    this.exclusions.push({ device_id, reason });
    this.excluded[reason] = (this.excluded[reason] ?? 0) + 1;
  }

  /** @throws Refused `target-too-large` */
  chunks(): DataOf<'RolloutDevicesPlanned'>[] {
    const count = Math.ceil(Math.max(this.devices.length, this.exclusions.length) / CHUNK);
    if (count > MAX_CHUNKS) {
      throw new Refused('target-too-large', `A rollout takes ${MAX_CHUNKS * CHUNK} devices.`, {
        devices: this.eligible,
      });
    }
    return Array.from({ length: count }, (_, n) => ({
      rollout_id: this.rolloutId,
      stage: 'forward',
      devices: this.devices.slice(n * CHUNK, (n + 1) * CHUNK),
      excluded: this.exclusions.slice(n * CHUNK, (n + 1) * CHUNK),
    }));
  }
}
