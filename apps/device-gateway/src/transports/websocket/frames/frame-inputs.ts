import type { Parsed } from './frames.js';
import type { Remark } from '../../../session/device-frame.js';
import type { ConnectionInput } from '../../../session/device-connection.js';

/**
 * What a frame means for the session, and then what is to be said of its form.
 * @param at when it came, in milliseconds
 * @param form what was wrong with the message that it came in
 */
export function inputsOf(parsed: Parsed, at: number, form: readonly Remark[] = []): ConnectionInput[] {
  switch (parsed.kind) {
    case 'frame':
      return [{ type: 'frame', frame: parsed.frame, at }, ...[...form, ...parsed.remarks].map(asInput('remark'))];
    case 'ignored':
      return [...form, ...parsed.remarks].map(asInput('ignored'));
    case 'unknown-type':
      return [{ type: 'unknown-type', name: parsed.name }, ...form.map(asInput('remark'))];
    case 'bad':
      return [{ type: 'bad-frame', detail: [...form.map(({ detail }) => detail), parsed.detail].join('; ') }];
  }
}

const asInput =
  (type: 'remark' | 'ignored') =>
  (remark: Remark): ConnectionInput => ({ type, remark });
