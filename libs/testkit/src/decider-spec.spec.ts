import { Refused, type Fact } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { spec } from './decider-spec.js';

type Revoked = Fact<'DeviceRevoked'>;
const revoked = (device_id: string): Revoked => ({ type: 'DeviceRevoked', data: { device_id, revoked_by: 'ops' } });

const revocation = spec<{ revoked: boolean }, { device_id: string }, Revoked>({
  initial: { revoked: false },
  evolve: () => ({ revoked: true }),
  decide: ({ device_id }, state) => {
    if (device_id === 'gone') return new Refused('device-unknown');
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
