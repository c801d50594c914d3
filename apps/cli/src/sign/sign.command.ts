import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Refused, FirmwareManifest, assertShape } from '@edgeflow/contracts';
import { signManifest } from '@edgeflow/identity';
import { systemClock } from '@edgeflow/runtime';
import { readSigningKey } from './key-file.js';

/** The options of `sign`, as commander hands them over. */
export interface SignOptions {
  key: string;
  org: string;
  version: string;
  model: string[];
  releaseCounter: number;
  /** Seconds from now. */
  expiresIn: number;
  allowDowngrade?: true;
}

/**
 * Signs what is known of an image (docs/signing.md).
 * @returns the manifest, a compact JWS
 * @throws Error of one line when the image or the key cannot be read, `Refused` when a member is not well formed
 */
export async function sign(image: string, options: SignOptions, now = systemClock.now()): Promise<string> {
  const { org, version, model: models, releaseCounter: release_counter, expiresIn, allowDowngrade } = options;
  const { kid, jwk } = await readSigningKey(options.key);
  const expires_at = new Date(now.getTime() + expiresIn * 1000).toISOString();
  const manifest = { org, models, version, ...(await measure(image)), release_counter, expires_at };
  const whole: FirmwareManifest = { ...manifest, ...(allowDowngrade && { allow_downgrade: true }) };
  assertShape(FirmwareManifest, whole, 'invalid-request');
  return signManifest(whole, jwk, kid);
}

async function measure(path: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  if (size === 0) throw new Refused('invalid-request', `${path} is empty`);
  return { sha256: hash.digest('hex'), size };
}
