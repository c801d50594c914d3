import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refused } from '@edgeflow/contracts';
import {
  loadOrCreateDeviceKey,
  orgOfClaim,
  parseOrigin,
  readJson,
  registerDevice,
  writeAtomically,
  type AgentLog,
  type Connections,
  type DeviceKey,
} from '@edgeflow/device-agent';
import type { Settings } from './settings.js';

/** Who the device is to the cloud. */
export interface Identity {
  org: string;
  key: DeviceKey;
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
 * matter then.
 * @throws Refused when the cloud does not take a new device, e.g. 'device-exists', or there is no claim token for it
 */
export async function enrol(
  settings: Settings,
  connections: Connections,
  log: AgentLog,
  signal: AbortSignal,
): Promise<Identity> {
  const { dir, origin, deviceId: device_id, claimTokenFile } = settings;
  const key = await loadOrCreateDeviceKey(join(dir, 'device.jwk'));
  const known = (await readJson(join(dir, 'registration.json'))) as Enrolled | undefined;
  const enrolled = known?.origin === origin && known.device_id === device_id ? known : undefined;
  if (claimTokenFile === undefined) {
    if (!enrolled) throw new Refused('unauthorized', 'a device that is not registered yet needs --claim-token-file');
    return { org: enrolled.org, key };
  }
  const claim_token = (await readFile(claimTokenFile, 'utf8')).trim();
  const org = orgOfClaim(claim_token);
  const url = parseOrigin(origin).registration;
  const registered = registerDevice(registrationOf(settings, key), { url, connections, claim_token, signal, log });
  if (enrolled?.org === org) {
    registered.catch((error: unknown) => log.warn({ err: error }, 'the device could not be registered again'));
    return { org, key };
  }
  await registered;
  const record: Enrolled = { origin, device_id, org };
  await writeAtomically(join(dir, 'registration.json'), `${JSON.stringify(record)}\n`);
  log.info({ org }, 'the device is registered');
  return { org, key };
}

function registrationOf({ deviceId, model, fleet, tag }: Settings, { public_key }: DeviceKey) {
  return { device_id: deviceId, model, ...(fleet && { fleet }), ...(tag && { tags: tag }), public_key };
}
