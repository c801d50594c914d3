/** What a fault is beyond its kind, its time and its length: whom it strikes, and how badly. It is kept as JSON. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** A fault as data: at its time it strikes, and so long it lasts. */
export interface Fault {
  kind: string;
  /** Since the history began, in milliseconds. */
  at_ms: number;
  for_ms: number;
  more: Parameters;
}
