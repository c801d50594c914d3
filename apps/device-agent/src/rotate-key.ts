import { Refused } from '@edgeflow/contracts';
import { rotateDeviceKey } from '@edgeflow/device-agent';
import type { ProgramContext } from './cloud-connections.js';
import { readEnrolled, rotationOf } from './enrolment.js';
import type { Settings } from './settings.js';

/**
 * Gives the device a new key, in place of running the agent; an agent that runs already takes it up at its next connection.
 * @throws Refused when the device is not registered, or the cloud does not take the key
 */
export async function rotateKey(settings: Settings, context: ProgramContext): Promise<void> {
  const enrolled = await readEnrolled(settings);
  if (!enrolled) throw new Refused('unauthorized', 'a device that is not registered yet has no key to replace');
  const { org } = enrolled;
  await rotateDeviceKey(rotationOf(settings, org, context));
  context.log.info({ org }, 'the device has a new key');
}
