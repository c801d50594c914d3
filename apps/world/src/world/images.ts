import { createHash } from 'node:crypto';
import { deviceKeyFromSeed } from '@edgeflow/device-agent';
import { signKeyStatement, signManifest, signingKeyOf, type SigningKey } from '@edgeflow/identity/signing';
import type { SeededEntropy } from '@edgeflow/simulation';
import type { Uploaded } from '../invariants/installed.js';
import { FACTORY_VERSION, VERSIONS } from '../scene/scene.js';

/** Bytes of an image, about: few, since what it is made of is nobody's business here. */
const REPEATED = 16;
/** Long after every history. */
const EXPIRES_AT = '2027-01-01T00:00:00.000Z';

/** What an organization's publishers upload, and what they sign it with. */
export class Publishing {
  private readonly keys: SigningKey[] = [];

  constructor(
    readonly org: string,
    /** Whether its firmware has to be signed. */
    readonly signature: 'required' | 'optional',
    private readonly entropy: SeededEntropy,
  ) {}

  /** Another key; the one before says that it is to be trusted. */
  async nextKey(now: Date): Promise<{ key: SigningKey; statement?: string }> {
    const before = this.keys.at(-1);
    const kid = `${this.org}-key-${this.keys.length + 1}`;
    const seed = this.entropy.bytes(32, 'signing-key');
    const jwk = deviceKeyFromSeed(seed).private_key.export({ format: 'jwk' });
    const key = await signingKeyOf({ ...jwk, kid } as never);
    this.keys.push(key);
    if (!before) return { key };
    const says = { org: this.org, kid, public_key: key.public_key, issued_at: now.toISOString() };
    return { key, statement: await signKeyStatement(says, before.jwk, before.kid) };
  }

  /** The image of a version: the same each time. */
  image(version: string): Buffer {
    return Buffer.from(`${this.org} ${version} `.repeat(REPEATED));
  }

  /** What a publisher says of an image. */
  states({ version, signed }: { version: string; signed: boolean }): Uploaded {
    const sha256 = createHash('sha256').update(this.image(version)).digest('hex');
    return { org: this.org, version, sha256, isSigned: signed };
  }

  /** What is stated of an image, and its manifest where it is signed. */
  async upload(version: string, models: readonly string[], signed: boolean) {
    const image = this.image(version);
    const { sha256 } = this.states({ version, signed });
    const fields = { version, models: [...models], sha256 };
    const key = this.keys.at(-1);
    if (!signed || !key) return { image, fields };
    const release_counter = 1 + [FACTORY_VERSION, ...VERSIONS].indexOf(version as typeof FACTORY_VERSION);
    const about = { org: this.org, models: fields.models, version, sha256, size: image.length, release_counter };
    const manifest = await signManifest({ ...about, expires_at: EXPIRES_AT }, key.jwk, key.kid);
    return { image, fields: { ...fields, manifest } };
  }
}
