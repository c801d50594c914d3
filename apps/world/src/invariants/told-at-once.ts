import type { StoredEvent } from '@edgeflow/contracts';
import { within, type Invariant } from './invariant.js';

/** What the orchestrator may not have heard yet when it decides, in milliseconds: it may stand still, or be cut off, and decide before it has caught up. */
const UNHEARD_MS = 60_000;

/** Who is told in the moment in which the update is accepted is there: whoever is not waits for it, and is told when he comes. */
export class ToldAtOnce implements Invariant {
  readonly name = 'an update that waited for nothing is told to a device that is there';
  private readonly sessions = new Map<string, string>();
  /** When a device was there last, in milliseconds since 1970. */
  private readonly gone = new Map<string, number>();

  observe(event: StoredEvent): string[] {
    const device = within(event, event.entity_id);
    switch (event.type) {
      case 'DeviceConnected':
        this.sessions.set(device, event.data.session_id);
        return [];
      case 'DeviceDisconnected':
        if (this.sessions.get(device) === event.data.session_id) this.leaves(device, event);
        return [];
      case 'DeviceRemoved':
        this.leaves(device, event);
        return [];
      case 'UpdateDispatched':
        return event.data.accepted && this.isLongGone(device, event)
          ? [`${event.data.update_id} is told at once, and ${device} is not there`]
          : [];
      default:
        return [];
    }
  }

  end(): string[] {
    return [];
  }

  private leaves(device: string, { stored_at, time }: StoredEvent): void {
    this.sessions.delete(device);
    this.gone.set(device, Date.parse(stored_at ?? time));
  }

  private isLongGone(device: string, { time }: StoredEvent): boolean {
    return !this.sessions.has(device) && Date.parse(time) - (this.gone.get(device) ?? 0) > UNHEARD_MS;
  }
}
