import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { columnsOf, type DataOf, type StoredEvent } from './events.js';
import { stepsIn } from './told-at-once.js';

type Dispatched = StoredEvent<'UpdateDispatched'>;

const fixture = (version: number): DataOf<'UpdateDispatched'> =>
  JSON.parse(readFileSync(new URL(`../fixtures/UpdateDispatched.v${version}.json`, import.meta.url), 'utf8')) as never;
const event = (data: DataOf<'UpdateDispatched'>): Dispatched => ({
  ...{ org: 'acme', entity: 'update', entity_id: 'dev_abc123', id: 'evt_1', correlation_id: 'evt_0', position: 7 },
  ...{ source: '/spec', time: '2026-02-21T12:00:00.000Z', type: 'UpdateDispatched', data },
});
const textOf = (data: DataOf<'UpdateDispatched'>) => columnsOf('UpdateDispatched').text?.(data as never);

describe('an update that is told in the moment in which it is accepted', () => {
  const { accepted, ...plan } = fixture(2);
  const told = event({ ...plan, accepted, known_keys: { enrolled_at: 3 } });

  it('was accepted, in the words of one that is queued, and then told', () => {
    const queued = { ...told, type: 'UpdateQueued', data: { ...plan, ...accepted } };
    expect(stepsIn(told)).toEqual([queued, told]);
  });

  it('says both to people, and where it stands in a rollout', () => {
    expect(textOf(told.data)).toBe('The update to 1.3.0 was accepted, and the device was told to install it.');
    expect(textOf({ ...told.data, rollout_id: 'rol_1', wave: 2, attempt: 2, rollback: true })).toBe(
      'The way back to 1.3.0 was accepted in wave 2 of rollout rol_1, try 2, and the device was told to install it.',
    );
  });
});

describe('an update that was queued before', () => {
  it('is told, and nothing more', () => {
    const told = event(fixture(1));
    expect(stepsIn(told)).toEqual([told]);
    expect(textOf(told.data)).toBe('The device was told to install 1.3.0.');
  });
});
