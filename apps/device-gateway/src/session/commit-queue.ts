import type { OtaEvent } from '@edgeflow/contracts';

/** What one author has to write, and who waits for the position of the last of it. */
interface Share {
  events: readonly OtaEvent[];
  done: PromiseWithResolvers<number>;
}

/** Events for one stream, stored together or not at all. */
export interface Part {
  readonly org: string;
  readonly subject: string;
  /** Where its authors saw the stream end. */
  readonly after: number;
  urgent: boolean;
  /** One author, or one whose goodbye waits and the hello that was decided behind it. */
  readonly shares: Share[];
}

/** All that is stored with a part, in its order. */
export const eventsOf = ({ shares }: Pick<Part, 'shares'>): OtaEvent[] => shares.flatMap(({ events }) => events);

/** What waits to be written, in the order in which it came. */
export class CommitQueue {
  private parts: Part[] = [];
  private readonly newest = new Map<string, Part>();

  get size(): number {
    return this.parts.length;
  }

  /** What came last for a stream, while it waits. */
  of(subject: string): Part | undefined {
    return this.newest.get(subject);
  }

  add(part: Part): void {
    this.parts.push(part);
    this.newest.set(part.subject, part);
  }

  /**
   * Takes the oldest parts, of all organizations in turn, one of each stream: the log guards only the first event of a stream. What is urgent goes by itself: a log that is
   * nearly full refuses the rest.
   */
  take(max: number): Part[] {
    const parts = new Map<string, Part>();
    const urgent = this.parts[0]?.urgent;
    for (const part of inTurn(this.parts.filter((one) => one.urgent === urgent))) {
      if (parts.size === max) break;
      if (!parts.has(part.subject)) parts.set(part.subject, part);
    }
    const taken = new Set(parts.values());
    return this.takeOut((part) => taken.has(part));
  }

  /** Takes the parts of which it is true, in their order. */
  takeOut(isWanted: (part: Part) => boolean): Part[] {
    const { wanted = [], rest = [] } = Object.groupBy(this.parts, (part) => (isWanted(part) ? 'wanted' : 'rest'));
    this.parts = rest;
    for (const part of wanted) if (this.newest.get(part.subject) === part) this.newest.delete(part.subject);
    return wanted;
  }
}

/** The parts of the organizations in turn, each organization's in their order: who has one does not wait for who has ten thousand. */
function* inTurn(parts: readonly Part[]): Generator<Part> {
  const lines = [...Map.groupBy(parts, ({ org }) => org).values()];
  for (let n = 0; lines.some((line) => n < line.length); n++) {
    for (const line of lines) {
      const part = line[n];
      if (part) yield part;
    }
  }
}
