import { describe, expect, it } from 'vitest';
import { deriveId } from './ids.js';
import { isToken } from './tokens.js';

describe('a derived id', () => {
  it('is the same for the same cause', () => {
    expect(deriveId('fw', 'acme', 'm1', '1.0.0')).toBe(deriveId('fw', 'acme', 'm1', '1.0.0'));
  });

  it('differs when the parts are cut elsewhere', () => {
    expect(deriveId('fw', 'a', 'bc')).not.toBe(deriveId('fw', 'ab', 'c'));
  });

  it('is a legal subject token', () => {
    expect(isToken(deriveId('upd', 'x.y', '>', ''))).toBe(true);
  });
});
