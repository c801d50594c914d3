import type { DeviceSigning, DeviceSigningKey, KeyStatement, SIGNATURE_POLICIES } from '@edgeflow/contracts';

/** A key that the device trusts; `stated` when another key spoke for it. */
interface TrustedKey extends DeviceSigningKey {
  stated?: true;
}

/** A signed firmware that the device has run, and that was well. */
export interface Run {
  version: string;
  sha256: string;
  release_counter: number;
}

/** Whom the device trusts to sign its firmware, and what it has seen: its defence against a cloud in wrong hands. */
export interface Trust {
  /** Where the first keys came from: nowhere yet, the answer to the first registration, or the device's own settings. */
  basis: 'none' | 'enrolled' | 'pinned';
  signature: (typeof SIGNATURE_POLICIES)[number];
  keys: readonly TrustedKey[];
  /** Ids of keys that are never to be trusted again. */
  revoked: readonly string[];
  /** The highest release counter of all that was well. */
  highest_counter: number;
  /** The latest time that the device has booked (passed-time.ts), RFC 3339: it has passed, whatever a clock says. */
  latest_time: string;
  /** The version that it came with, whose image nobody has ever signed to it; absent until the agent has seen it run. */
  made_with?: string;
  /** Newest last. */
  ran: readonly Run[];
}

/** Runs that are remembered, for rollbacks. */
const RUNS_MAX = 32;

/** Of a device that was never enrolled: it installs nothing, since it knows no key. */
export const noTrust: Trust = {
  basis: 'none',
  signature: 'required',
  keys: [],
  revoked: [],
  highest_counter: 0,
  latest_time: new Date(0).toISOString(),
  ran: [],
};

/** True where nobody has ever given the device a key: then no signature can be checked. */
export function isKeyless({ keys, revoked }: Trust): boolean {
  return keys.length === 0 && revoked.length === 0;
}

/**
 * The trust after the cloud's answer to a registration: the first one is believed (trust on first use), a later one can ask for
 * signatures but not do without them, and gives keys only to a device that has none. Pins are not touched.
 */
export function enrolled(trust: Trust, { signature, keys }: DeviceSigning): Trust {
  if (trust.basis === 'pinned') return trust;
  const strict = trust.basis === 'enrolled' && trust.signature === 'required';
  return {
    ...trust,
    basis: 'enrolled',
    signature: strict ? 'required' : signature,
    keys: isKeyless(trust) ? keys.map(({ kid, public_key }) => ({ kid, public_key })) : trust.keys,
  };
}

/** The trust with keys of the device's own settings: signatures are required from now on, and only these keys and those they speak for count. */
export function pinned(trust: Trust, pins: readonly DeviceSigningKey[]): Trust {
  const stated = trust.basis === 'pinned' ? trust.keys.filter((key) => key.stated) : [];
  const others = stated.filter(({ kid }) => !pins.some((pin) => pin.kid === kid));
  const good = pins.filter(({ kid }) => !trust.revoked.includes(kid));
  return { ...trust, basis: 'pinned', signature: 'required', keys: [...good, ...others] };
}

/** The trust after what a trusted key says: what is revoked stays so, and an id keeps its key. */
export function stated(trust: Trust, { kid, public_key, revokes = [] }: KeyStatement): Trust {
  const revoked = [...new Set([...trust.revoked, ...revokes])];
  const known = trust.keys.some((key) => key.kid === kid);
  const keys = known ? trust.keys : [...trust.keys, { kid, public_key, stated: true as const }];
  return { ...trust, revoked, keys: keys.filter((key) => !revoked.includes(key.kid)) };
}

/** The trust after a time was seen, in milliseconds since 1970; an earlier one than the latest changes nothing. */
export function seen(trust: Trust, at: number): Trust {
  return at > Date.parse(trust.latest_time) ? { ...trust, latest_time: new Date(at).toISOString() } : trust;
}

/** The trust after a signed firmware was well. */
export function ran(trust: Trust, run: Run): Trust {
  const others = trust.ran.filter((one) => !isSameRun(one, run));
  const highest_counter = Math.max(trust.highest_counter, run.release_counter);
  return { ...trust, highest_counter, ran: [...others, run].slice(-RUNS_MAX) };
}

/** The trust of a device that runs a version when its agent starts for the first time. */
export function madeWith(trust: Trust, version: string): Trust {
  return trust.made_with === undefined && trust.ran.length === 0 ? { ...trust, made_with: version } : trust;
}

/**
 * True when the device has run this very firmware, and it was well. Of what it came with it knows the version alone; that the image is
 * the one of that version is what the manifest says.
 */
export function hasRun({ made_with, ran }: Trust, wanted: Pick<Run, 'version' | 'sha256'>): boolean {
  return wanted.version === made_with || ran.some((run) => isSameRun(run, wanted));
}

function isSameRun(one: Pick<Run, 'version' | 'sha256'>, other: Pick<Run, 'version' | 'sha256'>): boolean {
  return one.version === other.version && one.sha256 === other.sha256;
}
