import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refused } from '@edgeflow/contracts';
import {
  enrolled as trustAfter,
  finishKeyRotation,
  loadOrCreateDeviceKey,
  orgOfClaim,
  readJson,
  registerDevice,
  writeJson,
  type DeviceKey,
  type KeyRotationOptions,
  type TrustStore,
} from '@edgeflow/device-agent';
import type { ProgramContext } from './cloud-connections.js';
import type { Settings } from './settings.js';

/** Who the device is to the cloud. */
export interface Identity {
  org: string;
  /** The key that is in force: read anew for each connection, since it may be replaced meanwhile. */
  key: () => Promise<DeviceKey>;
}

/** What an enrolment needs besides the settings. */
export interface Enrolling extends ProgramContext {
  trust: TrustStore;
}

/** `registration.json`: where the device is registered already. */
interface Enrolled {
  origin: string;
  device_id: string;
  org: string;
}

/**
 * The device's key, made on the first start, and its registration by claim token. A device that is registered already does not
 * wait for the cloud: it registers again in the background, for a cloud that has lost it, and a claim that has expired is no
 * matter then. The first answer says which keys sign the device's firmware.
 * @throws Refused when the cloud does not take a new device, e.g. 'device-exists', or there is no claim token for it
 */
export async function enrol(settings: Settings, context: Enrolling): Promise<Identity> {
  const { claimTokenFile } = settings;
  const key = (): Promise<DeviceKey> => loadOrCreateDeviceKey(keyPathOf(settings), context);
  const enrolled = await readEnrolled(settings);
  if (enrolled) await finishRotation(settings, enrolled.org, context);
  if (claimTokenFile === undefined) {
    if (!enrolled) throw new Refused('unauthorized', 'a device that is not registered yet needs --claim-token-file');
    return { org: enrolled.org, key };
  }
  const claim_token = (await readFile(claimTokenFile, 'utf8')).trim();
  const org = orgOfClaim(claim_token);
  const registered = register(settings, await key(), claim_token, context);
  if (enrolled?.org === org) {
    registered.catch((error: unknown) => context.log.warn({ err: error }, 'the device could not be registered again'));
    return { org, key };
  }
  await registered;
  const { origin, deviceId: device_id } = settings;
  const record: Enrolled = { origin, device_id, org };
  await writeJson(join(settings.dir, 'registration.json'), record);
  context.log.info({ org }, 'the device is registered');
  return { org, key };
}

/** A rotation of the device's key. */
export function rotationOf(
  settings: Settings,
  org: string,
  { connections, log, signal, clock, entropy }: ProgramContext,
): KeyRotationOptions {
  const { origin, deviceId: device_id } = settings;
  return { origin, org, device_id, path: keyPathOf(settings), connections, log, signal, clock, entropy };
}

/** The file of the device's key. */
function keyPathOf({ dir }: Settings): string {
  return join(dir, 'device.jwk');
}

/** Where the device is registered already, if it is at this cloud under this id. */
export async function readEnrolled({ dir, origin, deviceId }: Settings): Promise<{ org: string } | undefined> {
  const known = (await readJson(join(dir, 'registration.json'))) as Enrolled | undefined;
  return known?.origin === origin && known.device_id === deviceId ? known : undefined;
}

/** A cloud that takes neither key now may do so later: both stay. */
async function finishRotation(settings: Settings, org: string, context: Enrolling): Promise<void> {
  try {
    await finishKeyRotation(rotationOf(settings, org, context));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    context.log.error({ err: error }, 'the key could not be replaced');
  }
}

/** @throws as `registerDevice` */
async function register(
  { origin, deviceId, model, fleet, tag }: Settings,
  { public_key }: DeviceKey,
  claim_token: string,
  { connections, log, signal, clock, entropy, trust }: Enrolling,
): Promise<void> {
  const { signing } = await registerDevice(
    { device_id: deviceId, model, ...(fleet && { fleet }), ...(tag && { tags: tag }), public_key },
    { origin, connections, claim_token, signal, log, clock, entropy },
  );
  // What is believed of it, and what is not, is the trust's own rule.
  if (signing) await trust.change((before) => trustAfter(before, signing));
}
