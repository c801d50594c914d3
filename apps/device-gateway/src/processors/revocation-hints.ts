import { EventLog, REVOCATIONS } from '@edgeflow/event-log';
import { Clock, type Stop } from '@edgeflow/runtime';
import type { DeviceAddress } from '../devices/device-address.js';
import { Sessions } from '../session/sessions.js';

/** After a hint the stream is looked at so much later, in milliseconds: the hint may come before the log has the event. */
const LOOKS_MS = [100, 1_000, 4_000];

/**
 * Has sessions end within seconds when their devices are revoked, or get another key, at another gateway. A hint proves nothing, so
 * that the session ends by what its device's stream says; and a hint may be missed, for which there is the session's regular look.
 */
export class RevocationHints {
  private readonly waits = new Set<Stop>();
  private readonly unsubscribe: () => void;

  constructor(
    log: EventLog,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
  ) {
    this.unsubscribe = log.subscribe(REVOCATIONS, ({ org, entity_id: device_id }) => {
      for (const wait_ms of LOOKS_MS) this.lookLater({ org, device_id }, wait_ms);
    });
  }

  stop(): void {
    this.unsubscribe();
    for (const stop of this.waits) stop();
  }

  private lookLater(device: DeviceAddress, wait_ms: number): void {
    const look = (): void => {
      this.waits.delete(stop);
      this.sessions.check(device);
    };
    const stop = this.clock.after(wait_ms, look, { ref: false });
    this.waits.add(stop);
  }
}
