import type { EventLog } from '@edgeflow/event-log';
import type { DeviceAddress, Tunnels } from './tunnels.js';

/** What ends the tunnel of a device, whichever gateway holds it. */
const SUBJECTS = ['ota.*.device.*.DeviceRevoked', 'ota.*.device.*.DeviceKeyRotated'];
/** After a hint the lane is looked at so much later, in milliseconds: the hint may come before the log has the event. */
const LOOKS_MS = [100, 1_000, 4_000];

/**
 * Has tunnels end within seconds when their devices are revoked, or get another key, at another gateway. A hint proves nothing, so
 * that the tunnel ends by what its device's lane says; and a hint may be missed, for which there is the tunnel's regular look.
 * @returns how to stop it
 */
export function hearOfRevocations(log: Pick<EventLog, 'hear'>, tunnels: Pick<Tunnels, 'check'>): () => void {
  const timers = new Set<NodeJS.Timeout>();
  const lookLater = (device: DeviceAddress, wait_ms: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      tunnels.check(device);
    }, wait_ms);
    timers.add(timer.unref());
  };
  const stop = log.hear(SUBJECTS, ({ org, entity_id: device_id }) => {
    for (const wait_ms of LOOKS_MS) lookLater({ org, device_id }, wait_ms);
  });
  return () => {
    stop();
    for (const timer of timers) clearTimeout(timer);
  };
}
