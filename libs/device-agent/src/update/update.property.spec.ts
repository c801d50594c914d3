import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFor } from './plan.fixture.js';
import { reduce } from './update.reducer.js';
import { updateIdOf, type Effect, type UpdateEvent, type UpdateState } from './update.state.js';

const ids = ['upd_1', 'upd_2', 'upd_3'];
const id = fc.constantFrom(...ids);
const TOLD = [
  ...(['Cancelled', 'Downloaded', 'Verified', 'Mistrusted', 'Installed'] as const),
  ...(['Switched', 'Booted', 'RolledBack', 'Told'] as const),
];
const told = (type: (typeof TOLD)[number]) => id.map((update_id): UpdateEvent => ({ type, update_id }));
const offer = fc.record({ update_id: id, force: fc.boolean(), running: fc.constantFrom('1.0.0', '2.0.0') });
const anyEvent = fc.oneof(
  offer.map(({ running, ...over }): UpdateEvent => ({
    type: 'Offered',
    plan: planFor(Buffer.from('i'), over),
    running,
  })),
  ...TOLD.map(told),
  id.map((update_id): UpdateEvent => ({ type: 'Unwell', update_id, message: 'no' })),
  id.map((update_id): UpdateEvent => ({ type: 'BrokeOff', update_id, code: 'download-failed', message: 'no' })),
  id.map((update_id): UpdateEvent => ({
    ...{ type: 'Declined', plan: planFor(Buffer.from('i'), { update_id }), message: 'no' },
  })),
  fc.constant<UpdateEvent>({ type: 'Started' }),
);
const stories = fc.array(anyEvent, { maxLength: 60 });

interface Moment {
  before: UpdateState;
  event: UpdateEvent;
  after: UpdateState;
  effects: readonly Effect[];
}

function play(events: readonly UpdateEvent[]): Moment[] {
  let state: UpdateState = { status: 'idle' };
  return events.map((event) => {
    const before = state;
    const { state: after, effects } = reduce(before, event);
    state = after;
    return { before, event, after, effects };
  });
}

const always = (holds: (moment: Moment) => void) =>
  fc.assert(fc.property(stories, (events) => play(events).forEach(holds)));
const has = ({ effects }: Moment, type: Effect['type']) => effects.some((effect) => effect.type === type);

describe('whatever happens, in whatever order', () => {
  it('nothing is installed that was not verified just before, or being installed when the agent died', () => {
    always((moment) => {
      if (!has(moment, 'Install')) return;
      const { before, event } = moment;
      const verified = before.status === 'verifying' && event.type === 'Verified';
      expect(verified || (before.status === 'installing' && event.type === 'Started')).toBe(true);
    });
  });

  it('nothing stops an update from installing on but its own end', () => {
    always(({ before, event, after }) => {
      if (!['installing', 'rebooting', 'rolling-back'].includes(before.status)) return;
      const ends = ['Installed', 'Mistrusted', 'Booted', 'Unwell', 'RolledBack', 'BrokeOff'];
      if (after !== before) expect(ends).toContain(event.type);
    });
  });

  it('an event of another update than the current one changes nothing, unless it is an offer', () => {
    always(({ before, event, after, effects }) => {
      if (event.type === 'Offered' || event.type === 'Declined' || event.type === 'Started') return;
      if (event.update_id === updateIdOf(before)) return;
      expect(after).toBe(before);
      expect(effects).toEqual([]);
    });
  });

  it('work that is given up before it is installed is cleaned up', () => {
    always((moment) => {
      const { before, after } = moment;
      const working = before.status === 'downloading' || before.status === 'verifying';
      if (working && updateIdOf(after) !== before.plan.update_id) expect(has(moment, 'Discard')).toBe(true);
    });
  });

  it('a failure is reported when it happens', () => {
    always((moment) => {
      if (moment.after.status === 'failed' && moment.before.status !== 'failed')
        expect(has(moment, 'ReportFailed')).toBe(true);
    });
  });

  it('the journal survives JSON and holds no URL', () => {
    always(({ after }) => {
      const text = JSON.stringify(after);
      expect(JSON.parse(text)).toEqual(after);
      expect(text).not.toContain('url');
    });
  });
});
