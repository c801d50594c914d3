import { registrationInForce, type RegisteredDevice, type Registration } from './device.decider.js';

/** What a device is now, and where the newest word on that stands; `isNew` when the log did not say so before. */
export interface Recorded {
  data: Registration;
  position: number;
  isNew: boolean;
}

/** A device that has just been registered or changed, or was so before. */
export function recordedIn(device: RegisteredDevice, isNew: boolean): Recorded {
  const { registered, changed } = device;
  const data = registrationInForce(device);
  if (registered.status !== 'known' || !data) throw new Error('a registered device has a registration');
  const said = changed.status === 'known' ? changed : registered;
  return { data, position: said.position, isNew };
}
