import { Refused, type Fact, type UnreadEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { spec } from './decider-spec.js';

type Revoked = Fact<'DeviceRevoked'>;
const revoked = (device_id: string): Revoked => ({ type: 'DeviceRevoked', data: { device_id, revoked_by: 'ops' } });

const cause = { id: 'evt_c', correlation_id: 'evt_c' };

const revocation = spec<{ revoked: boolean }, { device_id: string; because?: true }, Revoked>({
  initial: { revoked: false },
  evolve: () => ({ revoked: true }),
  pass: () => ({ revoked: true }),
  decide: ({ device_id, because }, state) => {
    if (device_id === 'gone') return new Refused('device-unknown');
    if (because) return { facts: [revoked(device_id)], cause, key: 'k' };
    return state.revoked ? [] : [revoked(device_id)];
  },
});

describe('given/when/then', () => {
  it('compares the facts by value', () => {
    revocation
      .given([])
      .when({ device_id: 'd1' })
      .then([revoked('d1')]);
    expect(() =>
      revocation
        .given([])
        .when({ device_id: 'd1' })
        .then([revoked('d2')]),
    ).toThrow('the facts differ');
    expect(() => revocation.given([]).when({ device_id: 'd1' }).thenNothing()).toThrow('the facts differ');
  });

  it('folds the history first', () => {
    revocation
      .given([revoked('d1')])
      .when({ device_id: 'd1' })
      .thenNothing();
  });

  it('folds what cannot be read as the decider says', () => {
    const unread = { type: 'DeviceRevoked', position: 1, unread: { why: 'unknown-type' } } as UnreadEvent;
    revocation.given([unread]).when({ device_id: 'd1' }).thenNothing();
  });

  it('passes over what the decider does not take', () => {
    const elsewhere: Fact<'DeadlineReached'> = {
      ...{ type: 'DeadlineReached', data: { device_id: 'd1', update_id: 'upd_1', number: 1 } },
    };
    const counting = spec<number, never, Revoked, 'DeviceRevoked'>({
      ...{ initial: 0, takes: ['DeviceRevoked'], evolve: (count) => count + 1, decide: () => [] },
    });
    expect(counting.given([revoked('d1'), elsewhere as never]).state).toBe(1);
  });

  it('goes by the state alone where that is given', () => {
    revocation.inState({ revoked: true }).when({ device_id: 'd1' }).thenNothing();
  });

  it('shows what led to a decision, and takes its facts like others', () => {
    const outcome = revocation.given([]).when({ device_id: 'd1', because: true });
    outcome.then([revoked('d1')]);
    outcome.thenTypes(['DeviceRevoked']);
    expect(() => outcome.thenTypes([])).toThrow('the facts differ');
    expect(outcome.grounds()).toEqual({ cause, key: 'k' });
    expect(revocation.given([]).when({ device_id: 'd1' }).grounds()).toEqual({});
  });

  it('tells a refusal by its code', () => {
    const outcome = revocation.given([]).when({ device_id: 'gone' });
    expect(outcome.thenRefused('device-unknown').status).toBe(404);
    expect(() => outcome.thenRefused('device-revoked')).toThrow('refused with device-unknown');
    expect(() => outcome.thenNothing()).toThrow(Refused);
    expect(() => revocation.given([]).when({ device_id: 'd1' }).thenRefused('device-unknown')).toThrow(
      'expected a refusal',
    );
  });
});
