import { FAILURE_MESSAGE_MAX } from '@edgeflow/contracts';
import type { Members } from './values.js';

/** Of several in one text the one that says most: how the update ended. */
const TYPES = ['failed', 'postpone', 'progress', 'url'] as const;
const MESSAGE = /(["'])message\1\s*:\s*["']?/;

/** What closes a message, and the objects and lists that it stands in. */
const MESSAGE_END = /(?:["'][\s}\]]*|\s*\}?\s*)$/;

/** A report in what is no frame. */
export interface BrokenReport {
  type: (typeof TYPES)[number];
  members: Members;
}

/**
 * What can be read of a report in a text that is no frame, e.g. one that was cut off, that has quotes or line ends as they are in its message,
 * a `NaN`, the single quotes of Python, or that stands in a list: a device that loses its report, or its tunnel over it, is told of its update
 * again. The message is all that follows. Undefined where the text names no report.
 */
export function reportInBroken(text: string): BrokenReport | undefined {
  const type = TYPES.find((name) => new RegExp(`(["'])type\\1\\s*:\\s*\\1${name}\\1`).test(text));
  if (type === undefined) return undefined;
  const message = MESSAGE.exec(text);
  const start = message ? message.index + message[0].length : 0;
  const rest = text.slice(start, start + FAILURE_MESSAGE_MAX).replace(MESSAGE_END, '');
  const [update_id, code, phase] = ['update_id', 'code', 'phase'].map((member) => textOf(text, member));
  const for_s = /(["'])for_s\1\s*:\s*(\d{1,20})/.exec(text)?.[2];
  return { type, members: { update_id, code, phase, for_s, message: rest } };
}

/** A member whose value is a short text without quotes in it. */
function textOf(text: string, member: string): string | undefined {
  return new RegExp(`(["'])${member}\\1\\s*:\\s*\\1([^"'\\\\]{1,64})\\1`).exec(text)?.[2];
}
