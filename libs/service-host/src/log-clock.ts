import type { EventLog } from '@edgeflow/event-log';
import { Degraded, type ReadinessCheck } from '@edgeflow/telemetry';

/** A machine whose clock is not the log's needs somebody to look; its services go by the log's time meanwhile. */
export function logClock(log: Pick<EventLog, 'clock'>): ReadinessCheck {
  return {
    name: 'clock',
    check: async () => {
      const reason = log.clock.reason();
      return reason === undefined ? undefined : new Degraded(reason);
    },
  };
}
