import { describe, expect, it } from 'vitest';
import { seen } from './lease.fixture.js';
import { LostGateways } from './lost-gateways.js';

const idsOf = (leases: readonly { gateway_id: string }[]): string[] => leases.map(({ gateway_id }) => gateway_id);

/** What is found at each of so many looks at the same leases. */
function looks(n: number, watch: LostGateways, ...leases: ReturnType<typeof seen>[]): string[][] {
  return Array.from({ length: n }, () => idsOf(watch.look(leases)));
}

describe('the leases of other gateways', () => {
  it('have run out when they did not move for as long as they last, by our own renewals', () => {
    const found = looks(7, new LostGateways(30), seen('gw-1', 4));
    expect(found).toEqual([[], [], [], [], [], [], ['gw-1']]);
  });

  it('are found again after as long, should nobody have ended them', () => {
    const found = looks(13, new LostGateways(30), seen('gw-1', 4));
    expect(found.map(({ length }) => length)).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
  });

  it('count by their own length, not by that of who looks', () => {
    expect(looks(3, new LostGateways(30), seen('gw-1', 4, { lease_s: 10 })).flat()).toEqual(['gw-1']);
    expect(looks(12, new LostGateways(30), seen('gw-1', 4, { lease_s: 60 })).flat()).toEqual([]);
    expect(looks(13, new LostGateways(30), seen('gw-1', 4, { lease_s: 60 })).flat()).toEqual(['gw-1']);
  });

  it('begin anew with each renewal', () => {
    const watch = new LostGateways(30);
    for (let position = 1; position < 20; position++) {
      expect(looks(6, watch, seen('gw-1', position)).flat()).toEqual([]);
    }
  });

  it('begin anew after a time in which the log was away', () => {
    const watch = new LostGateways(30);
    looks(6, watch, seen('gw-1', 4));
    watch.forget();
    expect(looks(6, watch, seen('gw-1', 4)).flat()).toEqual([]);
    expect(looks(1, watch, seen('gw-1', 4)).flat()).toEqual(['gw-1']);
  });

  it('that were released are nobody', () => {
    expect(looks(20, new LostGateways(30), seen('gw-1', 4, { status: 'released' })).flat()).toEqual([]);
  });

  it('that somebody has begun to end and did not finish are ended by another', () => {
    expect(looks(7, new LostGateways(30), seen('gw-1', 4, { status: 'lost' })).flat()).toEqual(['gw-1']);
  });

  it('are told apart', () => {
    const watch = new LostGateways(30);
    looks(3, watch, seen('gw-1', 4), seen('gw-2', 5));
    expect(looks(4, watch, seen('gw-1', 4), seen('gw-2', 6)).flat()).toEqual(['gw-1']);
  });
});
