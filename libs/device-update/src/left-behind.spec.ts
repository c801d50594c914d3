import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { isDue } from './device-update.decider.js';
import { lastGood } from './good.js';
import type { RolloutOrder } from './order.js';
import {
  connected,
  contextWith,
  decisionOn,
  firmware,
  ordered,
  reached,
  registered,
  requested,
  runs,
  stateOf,
  storedAll,
  withDecision,
} from './story.fixture.js';

const catalog = ['1.0.0', '2.0.0', '3.0.0'].map((version) => ({ ...firmware, version, firmware_id: version }));
const back = (rollout_id = 'rol_1', leaves = '2.0.0'): RolloutOrder => ({
  ...{ update_id: `upd_${rollout_id}`, request_id: 'req_r', version: '1.0.0', force: false, when_offline: 'queue' },
  ...{ of: { rollout_id, wave: 0, attempt: 1, rollback: true }, rollback: true, leaves, key: `upd_${rollout_id}` },
  ...{ never_back: false, expired: false, ref: { id: 'evt_wave', correlation_id: 'evt_req' } },
});
const factsOf = (events: readonly StoredEvent[], order: RolloutOrder) =>
  ordered(stateOf(events), order, contextWith(catalog)).facts();
const after = (events: readonly StoredEvent[], order = back()) => [...events, ...storedAll(factsOf(events, order))];

/** A device that a rollout has brought from 1.0.0 to 2.0.0, and updates of its own then to these versions. */
function brought(...versions: readonly string[]): StoredEvent[] {
  const { leaves: _none, ...forward } = back();
  const of = { rollout_id: 'rol_1', wave: 0, attempt: 1 };
  const there = [registered(), connected(), runs('1.0.0', 'boot_1')];
  let events = after(there, { ...forward, update_id: 'upd_f', key: 'upd_f', version: '2.0.0', rollback: false, of });
  events = withDecision([...events, runs('2.0.0', 'boot_2')], catalog);
  for (const version of versions) {
    events = withDecision([...events, requested({ version, force: true }, `req_${version}_${events.length}`)], catalog);
    events = withDecision([...events, runs(version, `boot_${version}_${events.length}`)], catalog);
  }
  return events;
}

describe('a version that a rollback was to take a device from', () => {
  it.each<[string, StoredEvent[], string]>([
    ['is left', brought(), 'UpdateDispatched'],
    ['was left by itself', [...brought(), runs('1.0.0', 'boot_9')], 'UpdateSkipped'],
    ['another update has taken it from', brought('3.0.0'), 'UpdateSkipped'],
    ['cannot be left', [...brought()], 'UpdateRejected'],
  ])('stands in what is said of it, where it %s', (_how, events, type) => {
    const order = type === 'UpdateRejected' ? { ...back(), version: '0.1.0' } : back();
    expect(factsOf(events, order)[0]).toMatchObject({ type, data: { leaves: '2.0.0' } });
  });

  it('is where no other way back leads to', () => {
    const events = brought('3.0.0');
    expect(lastGood(stateOf(events))).toBe('2.0.0');
    const left = after(events);
    expect(left.at(-1)).toMatchObject({ data: { code: 'superseded' } });
    expect(lastGood(stateOf(left))).toBe('1.0.0');
  });

  it('is good again once the device was told of it again and came to it', () => {
    const left = after(brought('3.0.0'));
    const again = withDecision([...left, requested({ version: '2.0.0' }, 'req_again')], catalog);
    const there = withDecision([...again, runs('2.0.0', 'boot_a')], catalog);
    const on = withDecision([...there, requested({ version: '3.0.0' }, 'req_on')], catalog);
    expect(lastGood(stateOf(withDecision([...on, runs('3.0.0', 'boot_b')], catalog)))).toBe('2.0.0');
  });
});

describe('a device that runs again what a rollback had left behind', () => {
  const reverts = { type: 'UpdateReverted', data: { rollout_id: 'rol_1', rollback: true, runs: '2.0.0' } };

  it.each([
    ['was found back', after([...brought(), runs('1.0.0', 'boot_9')])],
    ['was found elsewhere', after(brought('3.0.0'))],
    [
      'was brought elsewhere since',
      (() => {
        const told = after(brought());
        const gone = withDecision([...told, runs('1.0.0', 'boot_b')], catalog);
        const on = withDecision([...gone, requested({ version: '3.0.0' }, 'req_on')], catalog);
        return withDecision([...on, runs('3.0.0', 'boot_c')], catalog);
      })(),
    ],
  ])('is not back: one that %s', (_how, events) => {
    const again = [...events, runs('2.0.0', 'boot_z')];
    expect(isDue(stateOf(again))).toBe(true);
    const first = withDecision(again, catalog);
    const all = withDecision(first, catalog);
    const said = all.slice(again.length).filter(({ data }) => (data as { rollback?: true }).rollback);
    expect(said).toMatchObject([reverts]);
    // Once.
    const loop = [...all, runs('1.0.0', 'boot_y'), runs('2.0.0', 'boot_x')];
    expect(decisionOn(withDecision(loop, catalog), catalog).facts()).toEqual([]);
  });

  it('is not back either where it went to a third version first', () => {
    const told = after(brought());
    const astray = [...withDecision([...told, runs('1.0.0', 'boot_b')], catalog), runs('0.9.0', 'boot_c')];
    const said = withDecision(astray, catalog);
    expect(said.at(-1)).toMatchObject({ type: 'UpdateReverted', data: { runs: '0.9.0' } });
    expect(decisionOn([...said, runs('2.0.0', 'boot_d')], catalog).facts()).toMatchObject([reverts]);
  });

  it('is where somebody told it to be', () => {
    const events = after([...brought(), runs('1.0.0', 'boot_9')]);
    const reverted = withDecision(events, catalog);
    const told = withDecision([...reverted, requested({ version: '2.0.0' }, 'req_again')], catalog);
    const there = withDecision([...told, runs('2.0.0', 'boot_a')], catalog);
    expect(there.at(-1)?.type).toBe('UpdateCompleted');
    decisionOn(there, catalog).thenNothing();
    // Another rollout's way back, or this one tried again, leaves it there.
    expect(factsOf(there, back())).toMatchObject([{ type: 'UpdateSkipped', data: { code: 'superseded' } }]);
  });

  it('is brought back where it was only applied again', () => {
    const forced = withDecision([...brought(), requested({ version: '2.0.0', force: true }, 'req_f')], catalog);
    const { last_update_id: update_id = '' } = stateOf(forced);
    const applied = withDecision([...forced, reached(update_id, 'rebooting'), runs('2.0.0', 'boot_3')], catalog);
    expect(applied.at(-1)?.type).toBe('UpdateCompleted');
    expect(factsOf(applied, back())[0]).toMatchObject({ type: 'UpdateDispatched' });
  });
});
