import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refused } from '@edgeflow/contracts';
import {
  enrolled as trustAfter,
  finishKeyRotation,
  loadOrCreateDeviceKey,
  orgOfClaim,
  parseOrigin,
  readJson,
  registerDevice,
  writeAtomically,
  type AgentLog,
  type Connections,
  type DeviceKey,
  type Registered,
  type TrustStore,
} from '@edgeflow/device-agent';
import type { Settings } from './settings.js';

/** Who the device is to the cloud. */
export interface Identity {
  org: string;
  /** The key that is in force: read anew for each connection, since it may be replaced meanwhile. */
  key: () => Promise<DeviceKey>;
}

/** What an enrolment needs besides the settings. */
export interface Enrolling {
  connections: Connections;
  trust: TrustStore;
  log: AgentLog;
  signal: AbortSignal;
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
export async function enrol(settings: Settings, around: Enrolling): Promise<Identity> {
  const { claimTokenFile } = settings;
  const key = (): Promise<DeviceKey> => loadOrCreateDeviceKey(keyPathOf(settings));
  const enrolled = await readEnrolled(settings);
  if (enrolled) await finishRotation(settings, enrolled.org, around);
  if (claimTokenFile === undefined) {
    if (!enrolled) throw new Refused('unauthorized', 'a device that is not registered yet needs --claim-token-file');
    return { org: enrolled.org, key };
  }
  const claim_token = (await readFile(claimTokenFile, 'utf8')).trim();
  const org = orgOfClaim(claim_token);
  const registered = register(settings, await key(), claim_token, around);
  if (enrolled?.org === org) {
    registered.catch((error: unknown) => around.log.warn({ err: error }, 'the device could not be registered again'));
    return { org, key };
  }
  await registered;
  const { origin, deviceId: device_id, dir } = settings;
  const record: Enrolled = { origin, device_id, org };
  await writeAtomically(join(dir, 'registration.json'), `${JSON.stringify(record)}\n`);
  around.log.info({ org }, 'the device is registered');
  return { org, key };
}

/** The file of the device's key. */
export function keyPathOf({ dir }: Settings): string {
  return join(dir, 'device.jwk');
}

/** Where the device is registered already, if it is at this cloud under this id. */
export async function readEnrolled({ dir, origin, deviceId }: Settings): Promise<{ org: string } | undefined> {
  const known = (await readJson(join(dir, 'registration.json'))) as Enrolled | undefined;
  return known?.origin === origin && known.device_id === deviceId ? known : undefined;
}

/** A cloud that takes neither key now may do so later: both stay. */
async function finishRotation(settings: Settings, org: string, { connections, log, signal }: Enrolling): Promise<void> {
  const { origin, deviceId: device_id } = settings;
  try {
    await finishKeyRotation({ origin, org, device_id, path: keyPathOf(settings), connections, log, signal });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    log.error({ err: error }, 'the key could not be replaced');
  }
}

async function register(
  settings: Settings,
  key: DeviceKey,
  claim_token: string,
  around: Enrolling,
): Promise<Registered> {
  const { connections, log, signal, trust } = around;
  const url = parseOrigin(settings.origin).registration;
  const registered = await registerDevice(registrationOf(settings, key), {
    url,
    connections,
    claim_token,
    signal,
    log,
  });
  const { signing } = registered;
  // What is believed of it, and what is not, is the trust's own rule.
  if (signing) await trust.change((before) => trustAfter(before, signing));
  return registered;
}

function registrationOf({ deviceId, model, fleet, tag }: Settings, { public_key }: DeviceKey) {
  return { device_id: deviceId, model, ...(fleet && { fleet }), ...(tag && { tags: tag }), public_key };
}
