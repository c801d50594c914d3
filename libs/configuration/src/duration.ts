const UNITS_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** The seconds in a text like `45s`, `30m`, `12h` or `90d`; 0 for one that is no such thing. */
export function secondsIn(text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  return count === undefined ? 0 : Number(count) * (UNITS_S[unit] ?? 0);
}
