import { describe, expect, it } from 'vitest';
import { KeyClaims } from './key-claims.js';

const KEY = 'firmware/acme/1.3.0/a.bin';

/** A step that goes on when the test says so. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

describe('a key that somebody holds', () => {
  it('is not cleared', async () => {
    const claims = new KeyClaims();
    const upload = gate();
    const holding = claims.hold(KEY, () => upload.opened);
    expect(claims.isHeld(KEY)).toBe(true);
    expect(await claims.clear(KEY, async () => true)).toBe(false);
    upload.open();
    await holding;
    expect(await claims.clear(KEY, async () => true)).toBe(true);
  });

  it('may be held by others too, and is free when the last one leaves', async () => {
    const claims = new KeyClaims();
    const [first, second] = [gate(), gate()];
    const holders = [claims.hold(KEY, () => first.opened), claims.hold(KEY, () => second.opened)];
    first.open();
    await holders[0];
    expect(claims.isHeld(KEY)).toBe(true);
    second.open();
    await holders[1];
    expect(claims.isHeld(KEY)).toBe(false);
  });

  it('is free after work that failed', async () => {
    const claims = new KeyClaims();
    await expect(claims.hold(KEY, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(claims.isHeld(KEY)).toBe(false);
  });
});

describe('a key that is being cleared', () => {
  it('is held only when that is over, even when it failed', async () => {
    const claims = new KeyClaims();
    const removal = gate();
    const order: string[] = [];
    const clearing = claims.clear(KEY, async () => {
      await removal.opened;
      order.push('cleared');
      throw new Error('storage is away');
    });
    const holding = claims.hold(KEY, async () => order.push('held'));
    removal.open();
    await expect(clearing).rejects.toThrow('storage is away');
    await holding;
    expect(order).toEqual(['cleared', 'held']);
  });

  it('is not cleared twice at once, and other keys do not wait', async () => {
    const claims = new KeyClaims();
    const removal = gate();
    const clearing = claims.clear(KEY, () => removal.opened.then(() => true));
    expect(await claims.clear(KEY, async () => true)).toBe(false);
    expect(await claims.hold('another', async () => 'held')).toBe('held');
    removal.open();
    expect(await clearing).toBe(true);
  });
});
