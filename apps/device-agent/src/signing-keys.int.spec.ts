import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSigningKey } from '@edgeflow/identity/signing';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSigningKeys } from './signing-keys.js';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('pins');
});
afterAll(() => folder.remove());

async function read(content: unknown) {
  const path = join(folder.path, 'signing.jwk');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readSigningKeys(path);
}

describe('the keys that a device pins', () => {
  it('are those of a JWK or of a JWK set, called by their kid or by their thumbprint', async () => {
    const { kid, public_key } = await newSigningKey();
    expect(await read(public_key)).toEqual([{ kid, public_key }]);
    expect(await read({ keys: [{ ...public_key, kid: 'k1', use: 'sig' }] })).toEqual([{ kid: 'k1', public_key }]);
  });

  it.each([
    ['nothing', { keys: [] }],
    ['a key of another kind', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43) }],
    ['no JSON', 'key'],
    ['a key with an id that is none', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), kid: 'a b' }],
  ])('are not %s', async (_, content) => {
    await expect(read(content)).rejects.toThrow('no usable signing key');
  });

  it('are public', async () => {
    await expect(read((await newSigningKey()).jwk)).rejects.toThrow('private');
  });
});
