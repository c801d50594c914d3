import { Refused } from '@edgeflow/contracts';
import { rotateDeviceKey, type AgentLog } from '@edgeflow/device-agent';
import { connectionsOf } from './cloud-connections.js';
import { keyPathOf, readEnrolled } from './enrolment.js';
import type { Settings } from './settings.js';

/**
 * Gives the device a new key, in place of running the agent; an agent that runs already takes it up at its next connection.
 * @throws Refused when the device is not registered, or the cloud does not take the key
 */
export async function rotateKey(settings: Settings, log: AgentLog, signal: AbortSignal): Promise<void> {
  const { origin, deviceId: device_id } = settings;
  const enrolled = await readEnrolled(settings);
  if (!enrolled) throw new Refused('unauthorized', 'a device that is not registered yet has no key to replace');
  const connections = await connectionsOf(settings);
  try {
    const { org } = enrolled;
    await rotateDeviceKey({ origin, org, device_id, path: keyPathOf(settings), connections, log, signal });
    log.info({ org }, 'the device has a new key');
  } finally {
    connections.close();
  }
}
