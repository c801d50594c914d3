import { createHash } from 'node:crypto';
import semver from 'semver';
import type { ErrorCode, RolloutFilter, RolloutSpec, RolloutTarget } from '@edgeflow/contracts';

/** A device as the orchestrator's fold knows it when a rollout is planned. */
export interface Candidate {
  device_id: string;
  registration: 'unknown' | 'registered' | 'revoked';
  model: string | null;
  fleet: string | null;
  tags: readonly string[];
  /** What it said last that it runs. */
  version: string | null;
  /** True while its boot loader may still take that version back. */
  unconfirmed: boolean;
  online: boolean;
  /** True while an update of it is open. */
  busy: boolean;
  /** The highest release counter that it has installed. */
  highest_counter: number | null;
  /** What the log knows of the signing keys that it knows. */
  signing: { enrolled_at: number; accepted?: string; refused?: string } | null;
}

/** One model's image of the rollout's version. */
export interface Release {
  model: string;
  min_version?: string | undefined;
  revoked: boolean;
  /** Why its signature keeps it from every device now. */
  refusal?: ErrorCode | undefined;
  /** Of its manifest; absent for an unsigned one. */
  release_counter?: number | undefined;
  /** The key of its manifest; absent for an unsigned one. */
  signed_by?: string | undefined;
  allow_downgrade?: boolean | undefined;
}

/** True for a device that a rollout is aimed at, eligible or not. One that never said what it runs may run any version. */
export function isTargeted({ fleet, devices, filter }: RolloutTarget, device: Candidate): boolean {
  if (devices) return devices.includes(device.device_id);
  if (fleet !== undefined) return device.fleet === fleet;
  return filter !== undefined && fits(filter, device);
}

function fits({ model, fleet, tags = [], version, online }: RolloutFilter, device: Candidate): boolean {
  return (
    (model === undefined || device.model === model) &&
    (fleet === undefined || device.fleet === fleet) &&
    tags.every((tag) => device.tags.includes(tag)) &&
    (online === undefined || device.online === online) &&
    (version === undefined || device.version === null || isInRange(device.version, version))
  );
}

/** A pre-release of a version counts as one of the range that it lies in: a fleet may run release candidates. What is no semantic version lies in none. */
export function isInRange(version: string, range: string): boolean {
  return semver.satisfies(version, range, { includePrerelease: true });
}

/** Why a targeted device is not eligible; undefined when it is. From what can never be to what may be otherwise in a minute. */
export function exclusionOf(device: Candidate, spec: RolloutSpec, releases: readonly Release[]): ErrorCode | undefined {
  if (device.registration === 'unknown') return 'device-unknown';
  if (device.registration === 'revoked') return 'device-revoked';
  const release = releases.find(({ model }) => model === device.model);
  if (!release) return 'model-mismatch';
  if (release.revoked) return 'firmware-revoked';
  if (release.refusal) return release.refusal;
  const { version } = device;
  if (version === null) {
    if (spec.target.filter?.version !== undefined) return 'version-unknown';
  } else {
    if (release.min_version !== undefined && !isAtLeast(version, release.min_version)) return 'min-version-not-met';
    if (version === spec.version && !device.unconfirmed && spec.force !== true) return 'already-on-target';
  }
  if (isBelow(release, device)) return 'downgrade-refused';
  return device.busy ? 'update-in-progress' : undefined;
}

function isBelow({ release_counter, allow_downgrade }: Release, { highest_counter }: Candidate): boolean {
  return !allow_downgrade && release_counter !== undefined && release_counter < (highest_counter ?? 0);
}

/** What a device calls `factory-2019-07` is not known to be new enough. */
function isAtLeast(running: string, min_version: string): boolean {
  return semver.valid(running) !== null && semver.gte(running, min_version);
}

/**
 * True when a device runs what is newer than the version: a rollout that takes in devices by itself never takes one back. A device whose
 * version is no semantic one runs nothing that is newer.
 */
export function isNewer(running: string | null, version: string): boolean {
  return semver.valid(running) !== null && semver.gt(running ?? '', version);
}

/** The place of a device in a rollout's order: the hash of both, so that it is stable and favours nobody. Hex, sorts as text. */
export function orderKey(rolloutId: string, deviceId: string): string {
  return createHash('sha256').update(`${rolloutId}/${deviceId}`).digest('hex');
}
