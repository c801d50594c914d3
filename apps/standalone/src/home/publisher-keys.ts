import { newSigningKey, signingKeyOf, type SigningKey } from '@edgeflow/identity';
import { readIfThere, writePrivately, type Home } from './home.js';

/** The signing key of an organization, made at the first start and kept where no service looks. */
export async function openPublisherKey(home: Home, org: string): Promise<SigningKey> {
  const path = home.in('keys', `${org}.publisher.jwk`);
  const kept = await readIfThere(path);
  if (kept) return signingKeyOf(JSON.parse(kept) as object);
  const key = await newSigningKey();
  await writePrivately(path, JSON.stringify(key.jwk));
  return key;
}
