import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaced } from './ending.js';
import {
  arrival,
  closed,
  completed,
  dispatched,
  ended,
  hello,
  newcomer,
  postponed,
  prepared,
  says,
} from './session.fixture.js';
import { step } from './session.reducer.js';
import type { Effect, SessionInput, SessionState } from './session.state.js';

/** A stream as the orchestrator writes it: one update at a time, each dispatched, then ended; the last one is put off, and dispatched again. */
const STREAM = [
  dispatched(10),
  ended(11, 'UpdateFailed'),
  dispatched(12, { update_id: 'upd-2' }),
  completed(13, 'upd-2'),
  dispatched(14, { update_id: 'upd-3' }),
  postponed(15, 'upd-3'),
  dispatched(16, { update_id: 'upd-3' }),
];
const POSITIONS = [10, 12, 14, 16];
const updateId = fc.constantFrom('upd-1', 'upd-2', 'upd-3');

const input: fc.Arbitrary<SessionInput> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(says(hello)) },
  { weight: 4, arbitrary: fc.constant<SessionInput>({ type: 'joined', joined: newcomer }) },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('observed' as const), events: fc.subarray(STREAM), whole: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...POSITIONS), fc.constantFrom('offer' as const, 'url' as const))
      .map(([position, purpose]) => prepared(position, purpose)),
  },
  fc
    .constantFrom(...POSITIONS)
    .map((position): SessionInput => ({ type: 'unofferable', position, code: 'image-missing', message: '' })),
  updateId.map((update_id) => says({ type: 'url', update_id })),
  updateId.map((update_id) => says({ type: 'failed', update_id, code: 'declined', message: '' })),
  updateId.map((update_id) => says({ type: 'postpone', update_id, for_s: 60 })),
  fc
    .record({ update_id: updateId, progress: fc.integer({ min: 0, max: 100 }), at: fc.nat(5_000) })
    .map(({ update_id, progress, at }) => says({ type: 'progress', update_id, phase: 'downloading', progress }, at)),
  fc.nat(5_000).map((at): SessionInput => ({ type: 'flush-due', at })),
  fc.constant<SessionInput>({ type: 'unknown-type', name: 'x' }),
  fc.constantFrom<SessionInput>(
    { type: 'join-failed', ending: replaced },
    { type: 'hello-timeout' },
    { type: 'bad-frame', detail: '' },
    { type: 'end', ending: closed },
  ),
);

interface Played {
  states: SessionState[];
  effects: Effect[];
  /** Inputs and effects as they came, for counting what lies between. */
  story: (SessionInput | Effect)[];
}

function playAll(inputs: readonly SessionInput[]): Played {
  const played: Played = { states: [{ status: 'greeting', model: 'cam-1', early: [] }], effects: [], story: [] };
  for (const next of inputs) {
    const { state, effects } = step(played.states.at(-1)!, next);
    played.states.push(state);
    played.effects.push(...effects);
    played.story.push(next, ...effects);
  }
  return played;
}

const holds = (property: (played: Played) => void): void =>
  fc.assert(
    fc.property(fc.constantFrom([], arrival), fc.array(input, { maxLength: 60 }), (first, inputs) =>
      property(playAll([...first, ...inputs])),
    ),
    { numRuns: 500 },
  );
const count = (effects: readonly Effect[], type: Effect['type']): number =>
  effects.filter((effect) => effect.type === type).length;

describe('a tunnel, whatever happens to it', () => {
  it('hangs up once, when it ends and not before', () =>
    holds(({ states, effects }) => {
      const hasEnded = ['closed', 'leaving'].includes(states.at(-1)!.status);
      expect(count(effects, 'hang-up')).toBe(hasEnded ? 1 : 0);
    }));

  it('says goodbye at most once, and only if it had joined', () =>
    holds(({ states, story, effects }) => {
      expect(count(effects, 'leave')).toBeLessThanOrEqual(1);
      if (count(effects, 'leave') > 0) expect(story.some(({ type }) => type === 'joined')).toBe(true);
      if (states.some(({ status }) => status === 'open') && states.at(-1)!.status === 'closed') {
        expect(count(effects, 'leave')).toBe(1);
      }
    }));

  it('tells nothing of updates before the welcome, and welcomes once', () =>
    holds(({ effects }) => {
      expect(count(effects, 'welcome')).toBeLessThanOrEqual(1);
      const welcome = effects.findIndex(({ type }) => type === 'welcome');
      const offer = effects.findIndex((effect) => effect.type === 'send' && effect.frame.type === 'update');
      if (offer >= 0) expect(welcome).toBeLessThan(offer);
      if (offer >= 0) expect(welcome).toBeGreaterThanOrEqual(0);
    }));

  it('offers an update once per hello, and once more when it was put off and is dispatched again', () =>
    holds(({ story }) => {
      const sent = new Set<string>();
      for (const item of story) {
        if (item.type === 'frame' && item.frame.type === 'hello') sent.clear();
        if (item.type === 'observed' && item.events.some(({ position }) => position === 16)) sent.delete('upd-3');
        if (item.type !== 'send' || item.frame.type !== 'update') continue;
        expect(sent.has(item.frame.update_id)).toBe(false);
        sent.add(item.frame.update_id);
      }
    }));

  it('reports the failure of an update once', () =>
    holds(({ effects }) => {
      const failures = effects.flatMap((effect) =>
        effect.type === 'report-failed' ? [effect.dispatch.data.update_id] : [],
      );
      expect(new Set(failures).size).toBe(failures.length);
    }));

  it('never offers what it has seen to be over', () =>
    holds(({ story }) => {
      let newestEnd = 0;
      // Before its welcome a tunnel does not listen.
      const welcome = story.findIndex(({ type }) => type === 'welcome');
      for (const item of welcome < 0 ? [] : story.slice(welcome)) {
        if (item.type === 'observed') {
          const ends = item.events.filter(({ type }) => type !== 'UpdateDispatched' && type !== 'UpdatePostponed');
          newestEnd = Math.max(newestEnd, ...ends.map(({ position }) => position));
        }
        if (item.type !== 'send' || item.frame.type !== 'update') continue;
        const { update_id } = item.frame;
        const dispatch = STREAM.find(({ type, data }) => type === 'UpdateDispatched' && data.update_id === update_id)!;
        expect(dispatch.position).toBeGreaterThan(newestEnd);
      }
    }));

  it('does not offer what was put off, before it is dispatched again', () =>
    holds(({ story }) => {
      let off: string | undefined;
      for (const item of story) {
        if (item.type === 'report-postponed') off = item.dispatch.data.update_id;
        // It may have begun with it, or it is dispatched again, or another one is.
        const isOther = item.type === 'frame' && item.frame.type !== 'postpone' && item.frame.type !== 'hello';
        if (item.type === 'observed' || isOther) off = undefined;
        if (item.type === 'send' && item.frame.type === 'update') expect(item.frame.update_id).not.toBe(off);
      }
    }));

  it('stays closed', () =>
    holds(({ states }) => {
      const first = states.findIndex(({ status }) => status === 'closed');
      if (first >= 0) expect(states.slice(first).every(({ status }) => status === 'closed')).toBe(true);
    }));
});
