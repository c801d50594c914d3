import { describe, expect, it } from 'vitest';
import { encodeLease, LEASE_S, readLease } from './lease-record.js';
import { holder, record } from './lease.fixture.js';

const read = (data: Uint8Array) => readLease({ gateway_id: 'gw-1', position: 3, data });
const text = (said: string) => read(new TextEncoder().encode(said)).record;

describe('the word on a gateway id', () => {
  it('is read as it was written', () => {
    const full = record({ status: 'lost', lease_s: 12.5, holder: holder({ container: 'c'.repeat(64) }) });
    expect(read(encodeLease(full))).toEqual({ gateway_id: 'gw-1', position: 3, record: full });
    const { started: _, boot_id: __, pid_space: ___, ...little } = holder();
    expect(read(encodeLease(record({ holder: little }))).record.holder).toEqual(little);
  });

  it('counts as held by somebody unknown when it cannot be read', () => {
    const unknown = { instance: 'unknown', host: 'unknown', pid: 0, since: 'unknown' };
    for (const said of ['', 'x', 'null', '7', '[]', '{"status":"borrowed","holder":5}', `${'['.repeat(100_000)}`]) {
      expect(text(said)).toEqual({ status: 'held', lease_s: LEASE_S.default, holder: unknown });
    }
  });

  it('cannot bind others for longer than a lease may last, nor show them more than a line', () => {
    const { lease_s, holder: somebody } = text(`{"lease_s":1e99,"holder":{"host":"${'h'.repeat(3_000)}","pid":"1"}}`);
    expect(lease_s).toBe(LEASE_S.max);
    expect(somebody).toMatchObject({ host: 'h'.repeat(255), pid: 0 });
    expect(text('{"lease_s":-1}').lease_s).toBe(LEASE_S.min);
  });
});
