import { describe, expect, it } from 'vitest';
import { PHASES, toEvent, type PhaseDeadlines, type StoredEvent } from '@edgeflow/contracts';
import { wakesAt } from './phase-deadline.js';
import { contextWith, at, stateOf, onlineDevice, runs, stored, proceed, ordered } from './story.fixture.js';

const after = (seconds: number) => new Date(at.getTime() + seconds * 1000);

/** A device that was told at the start, with these limits. */
function told(deadlines: PhaseDeadlines): StoredEvent[] {
  const order = {
    ...{ update_id: 'upd_r', request_id: 'req_r', version: '2.0.0', force: false, when_offline: 'queue' as const },
    ...{ of: { rollout_id: 'rol_1', wave: 0, attempt: 1 }, ref: { id: 'e', correlation_id: 'e' }, key: 'k' },
    ...{ never_back: false, expired: false, deadlines },
  };
  const facts = ordered(stateOf(onlineDevice()), order, contextWith()).facts();
  return [...onlineDevice(), ...facts.map((fact) => stored(fact.type, fact.data as never))];
}

/** The device says that it is in a phase, so many seconds after it was told. */
function says(phase: (typeof PHASES)[number], seconds: number): StoredEvent {
  const data = { device_id: 'dev_1', update_id: 'upd_r', phase, progress: 1 };
  const fact = { type: 'DeviceProgressReported', data } as const;
  const cause = { id: `evt_${phase}_${seconds}`, source: '/spec', time: after(seconds).toISOString() };
  return { ...toEvent({ org: 'acme', entity: 'device', entity_id: 'dev_1' }, fact, cause), position: 1_000 };
}

const wakes = (events: readonly StoredEvent[]) => wakesAt(stateOf(events).update);
const endAt = (events: readonly StoredEvent[], seconds: number) =>
  proceed(stateOf(events), { ...contextWith(), at: after(seconds) }).facts()[0];

describe('the deadline of a phase', () => {
  it('ends an update whose phase lasts too long, and not a moment earlier', () => {
    const events = [...told({ installing_s: 30 }), says('installing', 100)];
    expect(wakes(events)).toBe(after(130).toISOString());
    expect(endAt(events, 129.999)).toBeUndefined();
    expect(endAt(events, 130)).toMatchObject({
      type: 'UpdateFailed',
      data: {
        code: 'deadline-exceeded',
        detail: 'The device was installing for longer than 30 s.',
        rollout_id: 'rol_1',
      },
    });
  });

  it('counts from when the device was told, while it has said nothing', () => {
    expect(wakes(told({ downloading_s: 10 }))).toBe(after(10).toISOString());
    expect(endAt(told({ downloading_s: 10 }), 10)).toMatchObject({ type: 'UpdateFailed' });
  });

  it.each(PHASES)('is that of the phase: %s', (phase) => {
    const deadlines = { downloading_s: 1, verifying_s: 2, installing_s: 3, rebooting_s: 4 };
    const expected = after(100 + deadlines[`${phase}_s` as const]).toISOString();
    expect(wakes([...told(deadlines), says(phase, 100)])).toBe(expected);
  });

  it('begins anew with the phase and not with its progress', () => {
    const events = [...told({ downloading_s: 60 }), says('downloading', 10), says('downloading', 50)];
    expect(wakes(events)).toBe(after(70).toISOString());
  });

  it('leaves a phase without a limit to the deadline of the whole', () => {
    expect(wakes([...told({ downloading_s: 60 }), says('verifying', 10)])).toBe(after(3_600).toISOString());
    expect(wakes(told({}))).toBe(after(3_600).toISOString());
  });

  it('is none for what is over, and for what has an end already', () => {
    expect(wakes(onlineDevice())).toBeUndefined();
    const done = [...told({ downloading_s: 60 }), runs('2.0.0', 'boot_2')];
    expect(wakes(done)).toBeUndefined();
    expect(endAt(done, 1_000)).toMatchObject({ type: 'UpdateCompleted' });
  });
});
