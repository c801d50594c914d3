/** From so many of the smaller unit on the next one is the better word. */
const UNITS = [
  { name: 'second', seconds: 1, below: 120 },
  { name: 'minute', seconds: 60, below: 7_200 },
  { name: 'hour', seconds: 3_600, below: 172_800 },
] as const;
const DAY = { name: 'day', seconds: 86_400 };

/** A span of time for people, in one unit: `90 seconds`, `6 minutes`, `3,653 days`. */
export function spanText(seconds: number): string {
  const { name, seconds: unit } = UNITS.find(({ below }) => seconds < below) ?? DAY;
  const n = Math.round(seconds / unit);
  return `${n.toLocaleString('en')} ${name}${n === 1 ? '' : 's'}`;
}
