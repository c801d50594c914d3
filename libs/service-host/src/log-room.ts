import type { EventLog } from '@edgeflow/event-log';
import { Degraded, type ReadinessCheck } from '@edgeflow/telemetry';

/** A log that takes nothing any more is nothing to work with; one that fills up needs somebody to look. Whether there is one at all is for other checks. */
export function logRoom(log: Pick<EventLog, 'fill'>): ReadinessCheck {
  return {
    name: 'log_fill',
    check: async () => {
      const { isFull, reason } = log.fill();
      if (isFull) throw new Error(reason);
      return reason === undefined ? undefined : new Degraded(reason);
    },
  };
}

/** A log that a fold does not know again takes nothing until somebody has decided (ADR 0027). */
export function logHalt(log: Pick<EventLog, 'halted'>): ReadinessCheck {
  return {
    name: 'log_halted',
    check: async () => {
      const reason = log.halted();
      if (reason !== undefined) throw new Error(`nothing may be written: ${reason}`);
    },
  };
}
