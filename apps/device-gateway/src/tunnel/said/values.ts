import { beginningOf, legible } from '@edgeflow/contracts';

/** The members of a frame, of whatever type they are. */
export type Members = Readonly<Record<string, unknown>>;

const NUMBER = /^\s*[+-]?\d{1,20}(?:\.\d{0,20})?\s*%?\s*$/;

/** The text of a member that should be one, at most `max` characters long and legible; undefined where there is nothing to read. */
export function textIn(value: unknown, max: number): string | undefined {
  const text = asText(value);
  return text === undefined ? undefined : legible(beginningOf(text, max));
}

/** A whole percentage: numbers, also in a text, are rounded, and brought into 0 to 100. Undefined for what is no number. */
export function percentIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && NUMBER.test(value) ? Number.parseFloat(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) return undefined;
  return Math.min(100, Math.max(0, Math.round(number)));
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    // It is nested too deeply to be written again.
    return undefined;
  }
}
