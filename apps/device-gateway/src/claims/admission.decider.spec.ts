import type { DataOf, Fact } from '@edgeflow/contracts';
import { digestOfSecret, newSecret } from '@edgeflow/identity';
import { systemEntropy } from '@edgeflow/runtime';
import { spec } from '@edgeflow/testkit/decider-spec';
import { describe, it } from 'vitest';
import { admissionDecider, type Admit } from './admission.decider.js';

const secret = newSecret(systemEntropy);
const at = new Date('2026-01-01T12:00:00Z');
const expires_at = '2026-01-01T12:00:01Z';

const claim = (more: Partial<DataOf<'ClaimIssued'>> = {}): Fact<'ClaimIssued'> => ({
  type: 'ClaimIssued',
  data: {
    ...{ claim_id: 'clm_1', secret_sha256: digestOfSecret(secret), uses: 2, issued_by: 'ada', expires_at },
    ...more,
  },
});
const used = (device_id: string): Fact<'ClaimUsed'> => ({ type: 'ClaimUsed', data: { claim_id: 'clm_1', device_id } });
const registration = (more: Partial<DataOf<'DeviceRegistered'>> = {}) => ({
  ...{ device_id: 'dev_1', model: 'm1', registered_by: 'claim:clm_1', claim_id: 'clm_1' },
  ...{ public_key: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } as const, ...more },
});
const registered = (more?: Partial<DataOf<'DeviceRegistered'>>): Fact<'DeviceRegistered'> => ({
  ...{ type: 'DeviceRegistered', data: registration(more) },
});
const admit = (more: Partial<Omit<Admit, 'type'>> & { fleet?: string } = {}): Admit => {
  const { fleet, ...rest } = more;
  return { type: 'Admit', registration: registration(fleet === undefined ? {} : { fleet }), secret, at, ...rest };
};
const { given } = spec(admissionDecider);

describe('a claim', () => {
  it('lets a device in until it is spent, and is used by it', () => {
    given([claim()])
      .when(admit())
      .then([registered(), used('dev_1')]);
    given([claim(), used('dev_2')])
      .when(admit())
      .then([registered(), used('dev_1')]);
    given([claim(), used('dev_2'), used('dev_3')])
      .when(admit())
      .thenRefused('unauthorized');
  });

  it('costs a device nothing that it has let in before, also when it is spent', () => {
    given([claim(), registered(), used('dev_1')])
      .when(admit())
      .thenNothing();
    given([claim(), used('dev_2'), registered(), used('dev_1')])
      .when(admit())
      .thenNothing();
  });

  it('costs a device nothing that was registered otherwise, and lets no other in under its name', () => {
    const { claim_id: _, ...byAdmin } = registration();
    const before: Fact<'DeviceRegistered'> = { type: 'DeviceRegistered', data: byAdmin };
    given([claim(), before]).when(admit()).thenNothing();
    const other = { kty: 'OKP', crv: 'Ed25519', x: 'B'.repeat(43) } as const;
    given([claim(), registered({ public_key: other })])
      .when(admit())
      .thenRefused('device-exists');
  });

  it('lets nobody in at its end, with another secret, or where it is none', () => {
    given([claim()])
      .when(admit({ at: new Date(expires_at) }))
      .thenRefused('unauthorized');
    given([claim()])
      .when(admit({ secret: newSecret(systemEntropy) }))
      .thenRefused('unauthorized');
    given([]).when(admit()).thenRefused('unauthorized');
    given([])
      .when(admit({ secret: '' }))
      .thenRefused('unauthorized');
    const revoked: Fact<'ClaimRevoked'> = { type: 'ClaimRevoked', data: { claim_id: 'clm_1', revoked_by: 'ada' } };
    given([claim(), registered(), used('dev_1'), revoked])
      .when(admit())
      .thenRefused('unauthorized');
  });

  it('says for which fleet and model it is to its holder alone', () => {
    given([claim({ model: 'm2' })])
      .when(admit())
      .thenRefused('claim-mismatch');
    const north = given([claim({ fleet: 'north' })]);
    north.when(admit({ fleet: 'south' })).thenRefused('claim-mismatch');
    north.when(admit({ fleet: 'south', secret: newSecret(systemEntropy) })).thenRefused('unauthorized');
    north.when(admit()).then([registered({ fleet: 'north' }), used('dev_1')]);
    given([claim()])
      .when(admit({ fleet: 'south' }))
      .then([registered({ fleet: 'south' }), used('dev_1')]);
  });
});
