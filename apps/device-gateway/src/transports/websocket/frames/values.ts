import { beginningOf, isToken, legible } from '@edgeflow/contracts';
import type { Remark, DeviceFrame } from '../../../session/device-frame.js';

/** The frame, where there is enough of it, and what was passed over or put right in it. */
export interface ReadFrame<F extends DeviceFrame = DeviceFrame> {
  frame?: F;
  remarks: readonly Remark[];
}

export const invalid = (detail: string): Remark => ({ code: 'member-invalid', detail });

/** The members of a frame, of whatever type they are. */
export type Members = Readonly<Record<string, unknown>>;

const NUMBER = /^\s*[+-]?\d{1,20}(?:\.\d{0,20})?\s*%?\s*$/;

/** The id of an update, without the blanks and line ends that a file or a shell has put around it; undefined for what is none. */
export function updateIdIn(value: unknown): string | undefined {
  const id = typeof value === 'string' ? value.trim() : undefined;
  return isToken(id) ? id : undefined;
}

/** The text of a member that should be one, at most `max` characters long and legible; undefined where there is nothing to read. */
export function textIn(value: unknown, max: number): string | undefined {
  const text = asText(value);
  return text === undefined ? undefined : legible(beginningOf(text, max));
}

/** A whole number of a range: numbers, also in a text, are rounded, and brought into it. Undefined for what is no number. */
export function wholeIn(value: unknown, min: number, max: number): number | undefined {
  const number = typeof value === 'string' && NUMBER.test(value) ? Number.parseFloat(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) return undefined;
  return Math.min(max, Math.max(min, Math.round(number)));
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
