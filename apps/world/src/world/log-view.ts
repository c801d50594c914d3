import { isUnread, type EventName, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import type { MemoryLogServer } from '@edgeflow/event-log/memory';

/** What stands on the log, read or not. */
export type Item = StoredEvent | UnreadEvent;

export function isRead(item: Item): item is StoredEvent {
  return !isUnread(item);
}

/** What an event is about, as its subject and its body say. */
export interface Glance {
  position: number;
  /** When it was stored, in milliseconds since 1970. */
  at: number;
  org: string;
  entity: string;
  entity_id: string;
  type: EventName;
  data: Readonly<Record<string, unknown>>;
}

const LOG = 'OTA';
const utf8 = new TextDecoder();

/** What stands on the log, seen without asking it: that takes no time and draws nothing, so that whoever looks changes nothing. */
export class LogView {
  private seen = 0;
  /** What stood there. */
  private last: object | undefined;

  /** @param lost told when the log has lost some of what was seen: then everything is seen again, from the beginning on */
  constructor(
    private readonly log: MemoryLogServer,
    private readonly lost: () => void,
  ) {}

  /** Up to where it has looked. */
  get end(): number {
    return this.seen;
  }

  /** What has come since the last look, in its order. What is no JSON is nothing to see. */
  next(): Glance[] {
    const stream = this.log.stream(LOG);
    if (!stream) return [];
    const glances: Glance[] = [];
    if (this.last !== undefined && stream.at(this.seen) !== this.last) {
      this.seen = 0;
      this.lost();
    }
    for (let position = this.seen + 1; position <= stream.last; position += 1) {
      const message = stream.at(position);
      const data = message && objectIn(message.data);
      if (!message || !data) continue;
      const [, org = '', entity = '', entity_id = '', type = ''] = message.tokens;
      glances.push({ position, at: message.at, org, entity, entity_id, type: type as EventName, data });
    }
    this.seen = stream.last;
    this.last = stream.at(this.seen);
    return glances;
  }
}

function objectIn(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    return Object(JSON.parse(utf8.decode(body))) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** In whose lane of a trace an event is told: its device's, where it is of one. */
export function laneOf({ org, data }: StoredEvent): string {
  return 'device_id' in data && typeof data.device_id === 'string' ? data.device_id : org;
}
