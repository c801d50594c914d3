import type { EventLog } from '@edgeflow/event-log';
import type { ReadinessCheck } from '@edgeflow/telemetry';

/** A log that takes nothing any more is nothing to work with. Whether there is one at all is for other checks. */
export function logRoom(log: Pick<EventLog, 'fill'>): ReadinessCheck {
  return {
    name: 'log_fill',
    check: async () => {
      const { isFull, reason } = log.fill();
      if (isFull) throw new Error(reason);
    },
  };
}
