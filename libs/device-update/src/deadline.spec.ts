import { describe, expect, it } from 'vitest';
import { stepsIn, type StoredEvent } from '@edgeflow/contracts';
import { dueAt } from './deadline.js';
import { wakesAt } from './phase-deadline.js';
import {
  contextWith,
  at,
  connected,
  stateOf,
  reached,
  registered,
  runs,
  stored,
  withDecision,
  requested,
  proceed,
} from './story.fixture.js';

const HOUR_MS = 3_600_000;
const after = (ms: number): string => new Date(at.getTime() + ms).toISOString();
const storedAt = (event: StoredEvent, stored_at: string): StoredEvent => ({ ...event, stored_at });

/**
 * A device with an update of one hour, accepted by a service whose clock was wrong by so much; the log's says `at`.
 * @param wrong milliseconds; less than 0 for behind
 */
function accepted(wrong: number, online = true): { events: StoredEvent[]; update_id: string } {
  const device = online ? [registered(), connected(), runs('1.0.0', 'boot_1')] : [registered()];
  const events = [...device, requested({ when_offline: 'queue' })];
  const facts = proceed(stateOf(events), { ...contextWith(), at: new Date(at.getTime() + wrong) }).facts();
  const written = facts.map((fact) => ({
    ...stored(fact.type, fact.data as never),
    time: after(wrong),
    stored_at: after(0),
  }));
  const all = [...events, ...written];
  const { update } = stateOf(all);
  if (update.status === 'none') throw new Error('the story starts wrong');
  return { events: all, update_id: update.plan.update_id };
}

const deadline = (update_id: string, stored_at: string): StoredEvent =>
  storedAt(stored('DeadlineReached', { update_id, number: 1 }), stored_at);
const factsAt = (events: readonly StoredEvent[], ms: number) =>
  proceed(stateOf(events), { ...contextWith(), at: new Date(at.getTime() + ms) }).facts();
const endAt = (events: readonly StoredEvent[], ms: number) => factsAt(events, ms)[0];
const queuedIn = (events: readonly StoredEvent[]) =>
  events.flatMap(stepsIn).find((event): event is StoredEvent<'UpdateQueued'> => event.type === 'UpdateQueued')!;

describe.each([-HOUR_MS, 0, HOUR_MS])('the deadline of an update whose accepting clock was %d ms ahead', (wrong) => {
  it("counts by the log's time from when the log took it", () => {
    for (const online of [true, false]) {
      const { events } = accepted(wrong, online);
      expect(dueAt(queuedIn(events))).toBe(after(HOUR_MS));
      expect(stateOf(events).update).toMatchObject({ due_at: after(HOUR_MS) });
    }
  });

  it('is not believed of an event that the log stored before it', () => {
    const { events, update_id } = accepted(wrong);
    const early = [...events, deadline(update_id, after(1_000))];
    expect(endAt(early, 1_000)).toBeUndefined();
    expect(stateOf(early).update.status).toBe('dispatched');
  });

  it('ends the update by the event that the log stored after it', () => {
    const { events, update_id } = accepted(wrong);
    expect(endAt([...events, deadline(update_id, after(HOUR_MS))], HOUR_MS)).toMatchObject({
      type: 'UpdateFailed',
      data: { update_id, code: 'deadline-exceeded', detail: `The update had not ended by ${after(HOUR_MS)}.` },
    });
  });

  it.each([true, false])('ends the update by time alone, and not a moment earlier (online: %s)', (online) => {
    const { events, update_id } = accepted(wrong, online);
    expect(wakesAt(stateOf(events).update)).toBe(after(HOUR_MS));
    expect(factsAt(events, HOUR_MS - 1)).toEqual([]);
    expect(factsAt(events, HOUR_MS)).toMatchObject([
      { type: 'UpdateFailed', data: { update_id, code: 'deadline-exceeded' } },
    ]);
  });
});

describe('an end by time alone', () => {
  it('is one end, however often it is decided, and none once it is there', () => {
    const { events, update_id } = accepted(0);
    const late = { ...contextWith(), at: new Date(after(2 * HOUR_MS)) };
    const decided = proceed(stateOf(events), late);
    const later = proceed(stateOf(events), { ...late, at: new Date(after(3 * HOUR_MS)) });
    expect([later.facts(), later.grounds()]).toEqual([decided.facts(), decided.grounds()]);
    const written = decided.facts().map((fact) => storedAt(stored(fact.type, fact.data as never), after(2 * HOUR_MS)));
    // Where a release before said so, and its batch was cut between that and the end, what is left is the same end.
    const said = deadline(update_id, after(2 * HOUR_MS));
    expect(factsAt([...events, said], 2 * HOUR_MS)).toEqual(decided.facts());
    expect(factsAt([...events, ...written], 2 * HOUR_MS)).toEqual([]);
  });

  it("measures a phase by when the log heard of it, not by a gateway's clock", () => {
    const { events, update_id } = accepted(0);
    const limited = events.map((event) =>
      event.type === 'UpdateDispatched'
        ? { ...event, data: { ...event.data, deadlines: { installing_s: 60 } } }
        : event,
    ) as StoredEvent[];
    const said = { ...reached(update_id, 'installing'), time: after(-HOUR_MS), stored_at: after(5_000) };
    expect(wakesAt(stateOf([...limited, said]).update)).toBe(after(65_000));
  });

  it('comes to no update that has ended', () => {
    const { events } = accepted(0);
    const done = withDecision([...events, runs('2.0.0', 'boot_2')]);
    expect(wakesAt(stateOf(done).update)).toBeUndefined();
    expect(endAt(done, 9 * HOUR_MS)).toBeUndefined();
  });
});
