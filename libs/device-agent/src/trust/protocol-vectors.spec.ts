import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { newUsedTokens, verifyDeviceToken } from '@edgeflow/identity';
import { readKeyStatement } from '@edgeflow/identity/signing';
import { describe, expect, it } from 'vitest';
import { CloudClock } from '../cloud/cloud-clock.js';
import { planFor } from '../update/plan.fixture.js';
import type { Plan } from '../update/update.state.js';
import { ManifestGate } from './manifest-gate.js';
import { TrustStore } from './trust-store.js';
import { enrolled } from './trust.js';

/** docs/device-protocol.vectors.json, which docs/device-protocol.md shows. */
interface Vectors {
  keys: { name: string; seed: string; x: string }[];
  image: string;
  vectors: { what: string; signed_by: string; header: string; payload: string; compact: string }[];
}

const docs = new URL('../../../../docs/', import.meta.url);
const { keys, image, vectors } = JSON.parse(
  readFileSync(new URL('device-protocol.vectors.json', docs), 'utf8'),
) as Vectors;

/** A private key of Ed25519 as PKCS #8: these sixteen bytes and its 32 (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const privateKey = (name: string) => {
  const { seed = '' } = keys.find((key) => key.name === name) ?? {};
  return createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed, 'hex')]), format: 'der', type: 'pkcs8' });
};
const publicKey = (name: string) => {
  const { x = '' } = keys.find((key) => key.name === name) ?? {};
  return { kty: 'OKP' as const, crv: 'Ed25519' as const, x };
};
const vector = (what: string) => vectors.find((one) => one.what === what)!;
/** Another first bit of the signature. */
const spoilt = (compact: string) => {
  const [head = '', payload = '', signature = ''] = compact.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 0x80;
  return `${head}.${payload}.${bytes.toString('base64url')}`;
};

describe('the test vectors of the device protocol', () => {
  it.each(keys)('have the public half of $name', ({ name, x }) => {
    expect(createPublicKey(privateKey(name)).export({ format: 'jwk' })).toMatchObject({ crv: 'Ed25519', x });
  });

  it.each(vectors)('have $what as node:crypto signs it, to the bit', ({ signed_by, header, payload, compact }) => {
    const input = [header, payload].map((text) => Buffer.from(text).toString('base64url')).join('.');
    const signature = sign(null, Buffer.from(input), privateKey(signed_by)).toString('base64url');
    expect(`${input}.${signature}`).toBe(compact);
  });

  it('stand in the page as they are in the file', () => {
    const page = readFileSync(new URL('device-protocol.md', docs), 'utf8');
    for (const { header, payload, compact } of vectors)
      for (const text of [header, payload, compact]) expect(page).toContain(text);
    for (const { seed, x } of keys) for (const text of [seed, x]) expect(page).toContain(text);
  });
});

describe('the device token of the vectors', () => {
  const token = vector('device-token').compact;
  const used = newUsedTokens();
  const at = (iso: string) => ({ used, now: () => new Date(iso) });
  const keyOf = () => Promise.resolve(publicKey('device'));

  it('lets the device in at its time, and only once', async () => {
    const identity = { org: 'acme', device_id: 'dev_1', jti: '00112233445566778899aabbccddeeff' };
    expect(await verifyDeviceToken(token, keyOf, at('2026-03-01T00:00:30Z'))).toEqual(identity);
    await expect(verifyDeviceToken(token, keyOf, at('2026-03-01T00:00:31Z'))).rejects.toMatchObject({
      facts: { reason: 'token-used' },
    });
  });

  it('does not once it has expired, or was altered', async () => {
    await expect(verifyDeviceToken(token, keyOf, at('2026-03-01T01:00:00Z'))).rejects.toMatchObject({
      facts: { reason: 'token-expired' },
    });
    await expect(verifyDeviceToken(spoilt(token), keyOf, at('2026-03-01T00:00:30Z'))).rejects.toMatchObject({
      facts: { reason: 'token-signature' },
    });
  });
});

describe('the manifests and the key statement of the vectors', () => {
  const statement = vector('key-statement').compact;
  const plan = (what: string, more: Partial<Plan> = {}): Plan => {
    const { compact: manifest, payload } = vector(what);
    const { version } = JSON.parse(payload) as { version: string };
    return planFor(Buffer.from(image), { version, manifest, ...more });
  };

  /** A device that was enrolled with the first key, on 1 March 2026. */
  async function gate(): Promise<ManifestGate> {
    const trust = new TrustStore();
    const key = { kid: 'acme-2026', public_key: publicKey('acme-2026') };
    await trust.change((before) => enrolled(before, { signature: 'required', keys: [key] }));
    const clock = new CloudClock(() => Date.parse('2026-03-01T00:00:00Z'));
    return new ManifestGate({ trust, org: 'acme', model: 'sensor-mk2', clock });
  }

  it('are about the image of the vectors', () => {
    const sha256 = createHash('sha256').update(image).digest('hex');
    expect(JSON.parse(vector('manifest').payload)).toMatchObject({ sha256, size: image.length });
  });

  it('are believed by a device that knows the key', async () => {
    expect(await (await gate()).admit(plan('manifest'))).toMatchObject({ version: '1.1.0', release_counter: 7 });
    const altered = plan('manifest', { manifest: spoilt(vector('manifest').compact) });
    await expect((await gate()).admit(altered)).rejects.toMatchObject({ code: 'signature-invalid' });
  });

  it('lead from one key to the next, which takes the place of the first', async () => {
    const device = await gate();
    const next = plan('manifest-of-the-next-key');
    await expect(device.admit(next)).rejects.toMatchObject({ code: 'signature-invalid' });
    expect(await device.admit({ ...next, key_statements: [statement] })).toMatchObject({ version: '1.2.0' });
    await expect(device.admit(plan('manifest'))).rejects.toMatchObject({ code: 'signature-invalid' });
  });

  it('are read by the cloud as well', async () => {
    const read = await readKeyStatement(statement, () => publicKey('acme-2026'));
    expect(read.statement).toMatchObject({ kid: 'acme-2027', revokes: ['acme-2026'] });
  });
});
