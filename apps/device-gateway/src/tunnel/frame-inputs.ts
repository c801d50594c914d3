import type { Parsed } from './frames.js';
import type { Remark } from './said/said.js';
import type { TunnelInput } from './tunnel.state.js';

/**
 * What a frame means for the tunnel, and then what is to be said of its form.
 * @param at when it came, in milliseconds
 */
export function inputsOf(parsed: Parsed, at: number): TunnelInput[] {
  switch (parsed.kind) {
    case 'frame':
      return [{ type: 'frame', frame: parsed.frame, at }, ...parsed.remarks.map(asInput('remark'))];
    case 'ignored':
      return parsed.remarks.map(asInput('ignored'));
    case 'unknown-type':
      return [{ type: 'unknown-type', name: parsed.name }];
    case 'bad':
      return [{ type: 'bad-frame', detail: parsed.detail }];
  }
}

const asInput =
  (type: 'remark' | 'ignored') =>
  (remark: Remark): TunnelInput => ({ type, remark });
