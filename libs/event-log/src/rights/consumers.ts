/** Scans that one user can have under way at once, in all its processes together. */
export const SCANS = 8;
/** Tails likewise: one for each process, and some of such as have died. */
export const TAILS = 8;

/** The names of a user's consumers for scans, which take turns. */
export function scanNames(user: string): string[] {
  return names('scan', user, SCANS);
}

/** The names of a user's consumers for tails. */
export function tailNames(user: string): string[] {
  return names('tail', user, TAILS);
}

function names(purpose: string, user: string, count: number): string[] {
  return Array.from({ length: count }, (_, slot) => `${purpose}-${user}-${slot}`);
}

/** Which rows of a fold a consumer is for: two versions of a fold may run side by side, and each may build new rows beside those that it has. */
const ROWS = ['even', 'odd', 'even-next', 'odd-next'] as const;

/**
 * The durable consumer of a fold: rights can name consumers only whole, so versions that follow each other take turns.
 * @param fold `<app>-<purpose>`
 * @param isNext for the rows that are built beside those which are read
 */
export function foldConsumer(fold: string, version: number, isNext = false): string {
  const turn = version % 2 === 0 ? 'even' : 'odd';
  return `${fold}-${isNext ? (`${turn}-next` as const) : turn}`;
}

/** All consumers that a fold may have; that of the bare name is of releases before 0.2. */
export function foldConsumers(fold: string): string[] {
  return [fold, ...ROWS.map((rows) => `${fold}-${rows}`)];
}
