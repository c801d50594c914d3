import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageOf } from './list-objects.js';

describe('a list in pages', () => {
  it('gives every key or its prefix once, in order, for any page size', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 6 });
    const prefixes = fc.constantFrom('', 'a', 'a/', 'b');
    fc.assert(
      fc.property(
        fc.uniqueArray(key),
        prefixes,
        fc.constantFrom('', '/'),
        fc.integer({ min: 1, max: 4 }),
        (all, prefix, delimiter, limit) => {
          const keys = all.sort();
          const whole = pageOf(keys, { prefix, delimiter, limit: 1000, after: '' });
          expect(whole.next).toBeUndefined();
          const seen = { keys: [] as string[], prefixes: [] as string[] };
          let after: string | undefined = '';
          while (after !== undefined) {
            const page = pageOf(keys, { prefix, delimiter, limit, after });
            expect(page.keys.length + page.prefixes.length).toBeLessThanOrEqual(limit);
            seen.keys.push(...page.keys);
            seen.prefixes.push(...page.prefixes);
            after = page.next;
          }
          expect(seen).toEqual({ keys: whole.keys, prefixes: whole.prefixes });
          expect(whole.keys.every((one) => one.startsWith(prefix))).toBe(true);
          if (delimiter === '') expect(whole.keys).toEqual(keys.filter((one) => one.startsWith(prefix)));
        },
      ),
    );
  });
});
