import type { EventLog } from '@edgeflow/event-log';
import { Degraded, type ReadinessCheck } from '@edgeflow/telemetry';

/** What every service needs of the log, and what somebody should look at. */
export function logReadiness(log: Pick<EventLog, 'check' | 'fill' | 'halted' | 'clock'>): ReadinessCheck[] {
  return [
    { name: 'nats', code: 'log-unavailable', check: () => log.check() },
    { name: 'log_fill', check: async () => checkRoom(log) },
    { name: 'log_halted', check: async () => refuseHalt(log) },
    { name: 'clock', check: async () => degradedBy(log.clock.reason()) },
  ];
}

/** A log that takes nothing any more is nothing to work with; one that fills up needs somebody to look. */
function checkRoom(log: Pick<EventLog, 'fill'>): Degraded | undefined {
  const { isFull, reason } = log.fill();
  if (isFull) throw new Error(reason);
  return degradedBy(reason);
}

/** A log that a fold does not know again takes nothing until somebody has decided (ADR 0027). */
function refuseHalt(log: Pick<EventLog, 'halted'>): void {
  const reason = log.halted();
  if (reason !== undefined) throw new Error(`nothing may be written: ${reason}`);
}

/** A machine whose clock is not the log's needs somebody to look too; its services go by the log's time meanwhile. */
function degradedBy(reason: string | undefined): Degraded | undefined {
  return reason === undefined ? undefined : new Degraded(reason);
}
