import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90d`, `12h`, `30m`, `45s`: in seconds. @throws InvalidArgumentError */
export function parseDuration(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * (UNITS[unit] ?? 0);
  if (!(seconds > 0)) throw new InvalidArgumentError('It must be a duration like 90d, 12h, 30m or 45s.');
  return seconds;
}
