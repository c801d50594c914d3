import type { DeviceSigningKey } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { TrustStore } from './trust-store.js';
import { enrolled, hasRun, madeWith, noTrust, pinned, ran, seen, stated, type Trust } from './trust.js';

const key = (kid: string): DeviceSigningKey => ({
  kid,
  public_key: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) },
});
const says = (kid: string, revokes: string[] = []) => ({
  ...key(kid),
  ...{ org: 'acme', revokes, issued_at: '2026-01-01T00:00:00Z' },
});
const required = (...kids: string[]) => ({ signature: 'required' as const, keys: kids.map(key) });
const optional = (...kids: string[]) => ({ signature: 'optional' as const, keys: kids.map(key) });
const kidsOf = ({ keys }: Trust) => keys.map(({ kid }) => kid);

describe('the trust of a device', () => {
  it('begins with nothing, and asks for signatures', () => expect(noTrust).toMatchObject({ signature: 'required' }));

  it('is what the first answer says, and is not loosened by the next', () => {
    const first = enrolled(noTrust, required('k1'));
    expect(enrolled(first, optional('k2'))).toMatchObject({ signature: 'required', keys: [{ kid: 'k1' }] });
    expect(kidsOf(enrolled(stated(first, says('k2', ['k1', 'k2'])), required('k3')))).toEqual([]);
  });

  it('may become stricter, and takes its first key when it comes', () => {
    const open = enrolled(noTrust, optional());
    expect(open.signature).toBe('optional');
    expect(enrolled(open, required('k1'))).toMatchObject({ signature: 'required', keys: [{ kid: 'k1' }] });
  });

  it('is in its pins alone, once there are any', () => {
    const pins = pinned(enrolled(noTrust, optional('k1')), [key('p1')]);
    expect(pins).toMatchObject({ basis: 'pinned', signature: 'required' });
    expect(kidsOf(pins)).toEqual(['p1']);
    expect(enrolled(pins, optional('k1'))).toBe(pins);
    expect(kidsOf(pinned(stated(pins, says('s1')), [key('p2')]))).toEqual(['p2', 's1']);
    expect(kidsOf(pinned(stated(pins, says('s1', ['p1'])), [key('p1')]))).toEqual(['s1']);
  });

  it('follows statements, and what is revoked stays so', () => {
    const moved = stated(enrolled(noTrust, required('k1')), says('k2', ['k1']));
    expect(kidsOf(moved)).toEqual(['k2']);
    expect(kidsOf(stated(moved, says('k1')))).toEqual(['k2']);
    const other = { ...says('k2'), public_key: { ...key('k2').public_key, x: `B${'A'.repeat(42)}` } };
    expect(stated(moved, other).keys).toEqual(moved.keys);
  });

  it('knows the version that it came with, and nothing else by its version alone', () => {
    const made = madeWith(noTrust, '1.0.0');
    expect(madeWith(made, '2.0.0')).toBe(made);
    expect(hasRun(made, { version: '1.0.0', sha256: 'b'.repeat(64) })).toBe(true);
    expect(hasRun(made, { version: '2.0.0', sha256: 'b'.repeat(64) })).toBe(false);
    const run = { version: '2.0.0', sha256: 'a'.repeat(64), release_counter: 7 };
    expect(madeWith(ran(noTrust, run), '2.0.0').made_with).toBeUndefined();
  });

  it('knows a time that has passed, and no counter falls', () => {
    const late = seen(noTrust, Date.parse('2030-01-01T00:00:00Z'));
    expect(seen(late, 0)).toBe(late);
    const run = { version: '2.0.0', sha256: 'a'.repeat(64), release_counter: 7 };
    const after = ran(ran(noTrust, run), { ...run, version: '1.0.0', release_counter: 3 });
    expect(after.highest_counter).toBe(7);
    expect(hasRun(after, run)).toBe(true);
    expect(hasRun(after, { ...run, sha256: 'b'.repeat(64) })).toBe(false);
  });
});

describe('a trust store', () => {
  it('takes changes one after the other, and none that could not be kept', async () => {
    let kept: Trust | undefined;
    let broken = false;
    const store = new TrustStore({
      load: () => Promise.resolve(undefined),
      save: async (trust) => {
        if (broken) throw new Error('disk full');
        kept = trust;
      },
    });
    await Promise.all(['k1', 'k2', 'k3'].map((kid) => store.change((trust) => stated(trust, says(kid)))));
    expect(kept && kidsOf(kept)).toEqual(['k1', 'k2', 'k3']);
    broken = true;
    await expect(store.change((trust) => stated(trust, says('k4')))).rejects.toThrow('disk full');
    expect(kidsOf(await store.current())).toEqual(['k1', 'k2', 'k3']);
  });

  it('that cannot be read trusts nobody', async () => {
    const store = new TrustStore({ load: () => Promise.reject(new Error('no JSON')), save: () => Promise.resolve() });
    await expect(store.current()).rejects.toThrow('no JSON');
  });
});
