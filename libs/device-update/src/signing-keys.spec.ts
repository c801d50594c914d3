import { describe, expect, it } from 'vitest';
import type { CatalogEntry } from './firmware-catalog.js';
import { dispatchedUpdate, firmware, registered, runs, stateOf, stored, withDecision } from './story.fixture.js';

const signed: CatalogEntry = { ...firmware, release_counter: 1, signed_by: 'k1' };

describe('what is known of the keys that a device knows', () => {
  it('is when it was registered first', () => {
    const [first, again] = [registered(), registered()];
    expect(stateOf([first, again]).signing).toEqual({ enrolled_at: first.position });
  });

  it('is the key of what it has installed', () => {
    const { events } = dispatchedUpdate({}, [signed]);
    const done = withDecision([...events, runs('2.0.0', 'boot_2')], [signed]);
    expect(stateOf(done)).toMatchObject({ update: { status: 'none' }, signing: { accepted: 'k1' } });
  });

  it.each([
    ['device', { refused: 'k1' }],
    ['gateway', {}],
  ] as const)('is the key of what it has refused, when the %s says so: %j', (reported_by, shown) => {
    const { events, update_id } = dispatchedUpdate({}, [signed]);
    const report = { update_id, outcome: 'failed', code: 'signature-invalid', message: '', reported_by } as const;
    const { signing } = stateOf([...events, stored('DeviceUpdateReported', report)]);
    expect(signing).toEqual({ enrolled_at: events[0]?.position, ...shown });
  });

  it('goes with what it is told of a signed firmware', () => {
    const { events } = dispatchedUpdate({}, [signed]);
    const [told] = events.filter(({ type }) => type === 'UpdateDispatched');
    expect(told?.data).toMatchObject({ signed_by: 'k1', known_keys: { enrolled_at: events[0]?.position } });
    const unsigned = dispatchedUpdate().events.filter(({ type }) => type === 'UpdateDispatched');
    expect(unsigned.map(({ data }) => 'known_keys' in data)).toEqual([false]);
  });

  it('is nothing of an unsigned firmware', () => {
    const { events } = dispatchedUpdate();
    const done = withDecision([...events, runs('2.0.0', 'boot_2')]);
    expect(stateOf(done).signing).toEqual({ enrolled_at: events[0]?.position });
  });
});
