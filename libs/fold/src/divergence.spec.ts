import { VirtualTime } from '@edgeflow/simulation';
import { describe, expect, it } from 'vitest';
import { divergence } from './divergence.js';

const marks = { stream_created: 'then', position: 8, event_id: 'evt_8', lasting_position: 7, lasting_id: 'evt_7' };

/** Whether a checkpoint and a log belong together that answers from a replica which has the event only after so long. */
function compared(behind_ms: number) {
  const time = new VirtualTime();
  const log = {
    state: () => Promise.resolve({ created: 'then', last: 8 } as never),
    idAt: (position: number) => Promise.resolve(time.now_ms < behind_ms ? undefined : `evt_${position}`),
  };
  return time.until(divergence(log, marks, time.clock()));
}

describe('a checkpoint that is compared with its log', () => {
  it.each([0, 900, 3_000])('belongs to it though a replica that answers is behind by %i ms', async (behind_ms) => {
    expect(await compared(behind_ms)).toBeUndefined();
  });

  it('does not, where what lasts is missing for good', async () => {
    expect(await compared(Infinity)).toBe('checkpoint-ahead');
  });
});
