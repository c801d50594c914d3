import type { StoredEvent } from '@edgeflow/contracts';
import { at, within, type Invariant } from './invariant.js';

/** What a device may cost, at most. */
export interface VolumeLimits {
  /** Events for each virtual day that has begun, whatever the device does. */
  events_per_day: number;
  bytes_per_day: number;
  /** Besides, for each of its updates. */
  events_per_update: number;
}

interface Volume {
  events: number;
  bytes: number;
  updates: number;
}

/** What a device does takes a bounded part of the log, however it floods. */
export class LogVolume implements Invariant {
  readonly name = 'the log of a device is bounded';
  private readonly devices = new Map<string, Volume>();
  private first_ms: number | undefined;

  constructor(private readonly limits: VolumeLimits) {}

  observe(event: StoredEvent): string[] {
    this.first_ms ??= Date.parse(event.stored_at ?? event.time);
    if (event.entity !== 'device' && event.entity !== 'update') return [];
    const volume = at(this.devices, within(event, event.entity_id), () => ({ events: 0, bytes: 0, updates: 0 }));
    if (event.type === 'UpdateQueued') volume.updates += 1;
    // What was accepted and told at once is one event of the log, and was counted as its first step.
    if (event.type === 'UpdateDispatched' && event.data.accepted) return [];
    volume.events += 1;
    volume.bytes += Buffer.byteLength(JSON.stringify(event.data));
    return [];
  }

  end(now: Date): string[] {
    const { events_per_day, bytes_per_day, events_per_update } = this.limits;
    const days = Math.max(1, Math.ceil((now.getTime() - (this.first_ms ?? now.getTime())) / 86_400_000));
    return [...this.devices].flatMap(([device, { events, bytes, updates }]) => {
      const most = events_per_day * days + events_per_update * updates;
      const most_bytes = bytes_per_day * days;
      const said = `in ${days} days, with ${updates} updates`;
      return [
        ...(events > most ? [`${device} has ${events} events ${said}; ${most} are enough`] : []),
        ...(bytes > most_bytes ? [`${device} has ${bytes} bytes ${said}; ${most_bytes} are enough`] : []),
      ];
    });
  }
}
