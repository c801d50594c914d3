import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputsOf } from './frames/frame-inputs.js';
import { parseFrame } from './frames/frames.js';
import { offered, play } from '../../session/session.fixture.js';
import { step } from '../../session/session.reducer.js';
import type { Effect, SessionState } from '../../session/session.state.js';

/** What firmware may send within the update that it was told of, `upd-1`: any JSON with its id, of any type but hello. */
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ maxLength: 2_000 }), fc.double());
const deep = fc.constant(`${'['.repeat(200)}${']'.repeat(200)}`);
const sloppy = fc
  .tuple(
    fc.oneof(fc.constantFrom('progress', 'url', 'telemetry'), fc.integer()),
    fc.dictionary(fc.constantFrom('phase', 'progress', 'code', 'message', 'x', '__proto__'), value, { maxKeys: 5 }),
    fc.option(deep),
  )
  .map(([type, members, more]) => {
    const text = JSON.stringify({ ...members, type, update_id: 'upd-1' });
    return more === null ? text : `${text.slice(0, -1)},"context":${more}}`;
  });
const failure = fc
  .dictionary(fc.constantFrom('code', 'message', 'detail'), value, { maxKeys: 3 })
  .map((members) => JSON.stringify({ ...members, type: 'failed', update_id: 'upd-1' }));

function say(texts: readonly string[]): { state: SessionState; effects: Effect[] } {
  let { state } = play(offered);
  const effects: Effect[] = [];
  for (const input of texts.flatMap((text, n) => inputsOf(parseFrame(text), n * 10))) {
    const next = step(state, input);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

describe('a device with sloppy firmware, within the update that it was told of', () => {
  it('keeps its tunnel, and its update is open until it says how that ended', () => {
    fc.assert(
      fc.property(fc.array(sloppy, { maxLength: 20 }), (texts) => {
        const { state, effects } = say(texts);
        expect(state).toMatchObject({ status: 'open', offer: { status: 'offered' } });
        expect(effects.some(({ type }) => type === 'hang-up' || type === 'report-failed')).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('ends its update by whatever report of failure it sends, once', () => {
    fc.assert(
      fc.property(
        fc.array(sloppy, { maxLength: 5 }),
        fc.array(failure, { minLength: 1, maxLength: 3 }),
        (before, reports) => {
          const { state, effects } = say([...before, ...reports]);
          expect(state).toMatchObject({ status: 'open', offer: { status: 'settled' } });
          expect(effects.filter(({ type }) => type === 'report-failed')).toHaveLength(1);
          expect(effects.some(({ type }) => type === 'hang-up')).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});
