import { stepsIn, type StoredEvent } from '@edgeflow/contracts';

/** One thing that somebody did, and how that was answered; undefined where nobody did in time. */
export interface Tried {
  /** What it was, for people. */
  what: string;
  org: string;
  status: number | undefined;
  /** The event that it makes, or would have made. */
  makes: Made;
}

/** An event by its type, and by what has to stand in it. */
export interface Made {
  type: string;
  of: Readonly<Record<string, unknown>>;
}

/**
 * What was refused with 4xx has changed nothing: of the events that such actions make there are no more than actions that were not refused.
 * Which event is whose does not matter.
 */
export function refusedFaults(events: readonly StoredEvent[], tried: readonly Tried[]): string[] {
  const happened = events.flatMap(stepsIn);
  const kinds = new Map<string, Tried[]>();
  for (const one of tried) {
    const key = JSON.stringify([one.org, one.makes]);
    kinds.set(key, [...(kinds.get(key) ?? []), one]);
  }
  return [...kinds.values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const { org, makes, what } = first;
    const refused = same.filter(({ status = 0 }) => status >= 400 && status < 500).length;
    if (refused === 0) return [];
    const made = happened.filter((event) => event.org === org && event.type === makes.type && isOf(event, makes.of));
    const most = same.length - refused;
    if (made.length <= most) return [];
    const at = made.map(({ position }) => position).join(', ');
    return [`${what}: ${refused} of ${same.length} were refused, and there are ${made.length} ${makes.type} (${at})`];
  });
}

function isOf({ data }: StoredEvent, of: Made['of']): boolean {
  const found = data as unknown as Record<string, unknown>;
  return Object.entries(of).every(([name, value]) => found[name] === value);
}
