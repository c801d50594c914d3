/** Percentages are taken to the millionth of a percent, so that comparisons are made on whole numbers: 0.07 * 100 is not 7. */
const PARTS = 1_000_000;

/** So many percent of a number of devices, rounded up: 0.07 of 10,000 is 7 and not 8. */
export function shareOf(percent: number, whole: number): number {
  return Math.ceil((Math.round(percent * PARTS) * whole) / (100 * PARTS));
}

/** True when `part` is at least so many percent of `whole`; of nothing everything is. */
export function isShare(part: number, whole: number, percent: number): boolean {
  return part * 100 * PARTS >= Math.round(percent * PARTS) * whole;
}

/** How many percent of `whole` a part is, with two decimals: for people, never to compare. */
export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part * 10_000) / whole) / 100;
}
