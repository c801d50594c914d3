/** Where the rows of one version of a fold lie. */
export interface Schemas {
  /** The service's own: who leads which version (`fold_lease`). */
  home: string;
  /** The rows that are read. */
  live: string;
  /** Rows that are built beside them, from the log's first event. */
  next: string;
  /** How schemas begin of rows in whose place others have come, until they are dropped. */
  left: string;
}

/** @param home of the service: `projection` @param version of its fold; default 1 */
export function schemasOf(home: string, version = 1): Schemas {
  const live = `${home}_${version}`;
  return { home, live, next: `${live}_next`, left: `${live}_left` };
}

/** A regular expression of PostgreSQL that knows the live schemas of all versions of a service. */
export function anyVersionOf(home: string): string {
  return `^${home}_[0-9]+$`;
}
