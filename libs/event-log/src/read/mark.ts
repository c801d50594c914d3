import type { OtaEvent } from '@edgeflow/contracts';

/** Where an event stands, and by what it is known again there: its mark, or its id alone, as releases before this one kept it. */
export interface Marked {
  position: number;
  mark: string;
}

/**
 * By what an event is known again at its position: what was lost with the log's tail, and is decided again by the same rows, stands there under
 * the same id, at another time.
 */
export function markOf({ id, time }: Pick<OtaEvent, 'id' | 'time'>): string {
  return `${id} ${time}`;
}

/** True when what was kept of an event is of this one. @param mark see `Marked` @param found the mark of what stands there now */
export function isMarkOf(mark: string, found: string): boolean {
  return found === mark || found.startsWith(`${mark} `);
}
