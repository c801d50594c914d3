import { Refused, given, type DataOf, type RolloutSpec, type RolloutTarget } from '@edgeflow/contracts';
import type { FoldDatabase, Rows } from '@edgeflow/fold';
import {
  exclusionOf,
  planRollout,
  rollsBack,
  specOf,
  sumByReason,
  type Candidate,
  type Release,
  type RequestedRollout,
} from '@edgeflow/rollout';
import type { RolloutRow } from '@edgeflow/rollout-rows';
import { Catalog } from '../rows/catalog.js';
import { withCounters } from './counters.js';
import { SharedDevices } from './shared-devices.js';
import { targetedDevices } from './targeted-devices.js';
import { warningsFor } from './warnings.js';
import { countNoWayBack } from './ways-back.js';
import { WindowsApart } from './windows-apart.js';

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
 * Finds the devices of a request and makes the rollout's plan, from one moment of the fold.
 * @throws Refused what `planRollout` and `usableReleases` refuse, `target-empty`, `window-never-opens`, `target-too-large`
 */
export function makePlan(
  database: FoldDatabase,
  { org, rollout_id: rolloutId }: Pick<RolloutRow, 'org' | 'rollout_id'>,
  request: RequestedRollout,
  at: Date,
): Promise<Plan> {
  return database.asOfOneMoment(async (tx) => {
    const spec = specOf(request);
    const releases = await usableReleases(tx, org, spec.version, at);
    const warningOf = await warningsFor(tx, org, releases);
    const apart = await WindowsApart.load(tx, org, spec, at);
    const found = new FoundDevices(rolloutId);
    const shared = new SharedDevices(tx, { org, rollout_id: rolloutId });
    for await (const devices of targetedDevices(tx, org, rolloutId, spec.target)) {
      const page = await withCounters(tx, org, devices, at);
      await shared.look(page);
      const eligible: string[] = [];
      for (const device of page) {
        const reason = exclusionOf(shared.asFree(device), spec, releases);
        found.add(device.device_id, reason);
        if (reason !== undefined) {
          if (isInDoubt(spec, device)) found.inDoubt += 1;
          continue;
        }
        shared.count(device);
        eligible.push(device.device_id);
        found.warn(warningOf(device));
        found.warn(apart.count(device));
      }
      if (rollsBack(spec)) found.addNoWayBack(await countNoWayBack(tx, { org, version: spec.version, at }, eligible));
    }
    for (const device_id of missing(spec, found)) found.add(device_id, 'device-unknown');
    refuseNobody(spec, found);
    apart.refuseAll(found.eligible);
    const overlaps = await shared.overlaps();
    const { eligible, excluded, warnings, no_way_back } = found;
    const what = { eligible, excluded, warnings, overlaps, ...given({ no_way_back }) };
    return { accepted: planRollout(rolloutId, request, what), chunks: found.chunks() };
  });
}

/** The images of a version. @throws Refused `firmware-unknown`, `firmware-revoked` or what is wrong with its signature, when none may be rolled out */
async function usableReleases(tx: Rows, org: string, version: string, at: Date): Promise<Release[]> {
  const releases = await Catalog.releases(tx, org, version, at);
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

/** A device that never said what it runs may be in a range of versions or not. */
function isInDoubt({ target: { filter } }: RolloutSpec, { version }: Candidate): boolean {
  return filter?.version !== undefined && version === null;
}

/**
 * A target that nobody is in was meant otherwise, unless devices may come to it later. Devices that are all left out for a reason are
 * somebody: their rollout completes at once and says the reasons. Those of which nobody knows whether they are in it are nobody.
 * @throws Refused `target-empty`
 */
function refuseNobody({ target, membership }: RolloutSpec, found: FoundDevices): void {
  const { 'device-unknown': unknown = 0, ...others } = found.excluded;
  const leftOut = Object.values(others).reduce((sum, count) => sum + count, 0);
  if (membership === 'continuous' || found.eligible > 0 || leftOut > found.inDoubt) return;
  const doubt = found.inDoubt === 0 ? '' : ` Of ${found.inDoubt} nobody knows: they never said what they run.`;
  throw new Refused('target-empty', `${nobodyIn(target)}${doubt}`, given({ devices: unknown || undefined }));
}

function nobodyIn({ fleet, devices }: RolloutTarget): string {
  if (devices) return 'None of the named devices is registered.';
  return fleet === undefined
    ? 'No registered device fits the filter.'
    : `No registered device is in the fleet ${fleet}.`;
}

/** The devices of a plan while it is made: eligible ones in order, excluded ones with their reason. */
class FoundDevices {
  readonly excluded: Record<string, number> = {};
  readonly warnings: Record<string, number> = {};
  /** Absent until somebody has looked. */
  no_way_back?: Record<string, number>;
  /** How many of the excluded ones may not be in the target at all. */
  inDoubt = 0;
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

  addNoWayBack(codes: Readonly<Record<string, number>>): void {
    this.no_way_back = sumByReason(this.no_way_back ?? {}, codes);
  }

  warn(code: string | undefined): void {
    if (code !== undefined) this.warnings[code] = (this.warnings[code] ?? 0) + 1;
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
