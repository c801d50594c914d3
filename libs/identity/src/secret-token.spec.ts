import { systemEntropy } from '@edgeflow/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiKeys, type ApiKeyRecord } from './api-keys.js';
import { digestOfSecret, isSecretOf, newSecret, parseSecretToken, secretTokenOf } from './secret-token.js';

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

describe('a secret token', () => {
  it('says what it was made of, to its own kind only', () => {
    fc.assert(
      fc.property(token, token, (org, id) => {
        const parts = { org, id, secret: newSecret(systemEntropy) };
        expect(parseSecretToken('efk', secretTokenOf('efk', parts))).toEqual(parts);
        expect(parseSecretToken('efc', secretTokenOf('efk', parts))).toBeUndefined();
      }),
    );
  });

  it('has 256 bits that nobody has seen, of which the log keeps a digest', () => {
    expect(new Set(Array.from({ length: 100 }, () => newSecret(systemEntropy))).size).toBe(100);
    expect(newSecret(systemEntropy)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(digestOfSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('is proven by its secret alone', () => {
    const secret = newSecret(systemEntropy);
    expect(isSecretOf(secret, digestOfSecret(secret))).toBe(true);
    for (const kept of [digestOfSecret(newSecret(systemEntropy)), '', secret, digestOfSecret(secret).slice(0, 62)]) {
      expect(isSecretOf(secret, kept)).toBe(false);
    }
  });
});

describe('an API key that was just looked up', () => {
  it('is looked up again after two seconds, and ends when it ends', async () => {
    const secret = newSecret(systemEntropy);
    let now = Date.parse('2026-11-25T00:00:00Z');
    let lookups = 0;
    const record: ApiKeyRecord = { secret_sha256: digestOfSecret(secret), roles: ['viewer'], revoked: false };
    record.expires_at = '2026-11-25T00:00:05Z';
    const find = async (): Promise<ApiKeyRecord> => (lookups++, record);
    const keys = new ApiKeys({ find, used: () => undefined }, () => now);
    const key = secretTokenOf('efk', { org: 'acme', id: 'k', secret });
    await keys.verify(key);
    now += 1_999;
    await keys.verify(key);
    expect(lookups).toBe(1);
    now += 1;
    await keys.verify(key);
    expect(lookups).toBe(2);
    now += 3_000;
    await expect(keys.verify(key)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
