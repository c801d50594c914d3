import { newSigningKey, signingKeyOf, type SigningKey } from '@edgeflow/identity';
import { writePrivately, type Home } from './home.js';

/** The signing key of an organization, made at the first start and kept where no service looks. */
export async function openPublisherKey(home: Home, org: string): Promise<SigningKey> {
  const path = home.in('keys', `${org}.publisher.jwk`);
  const kept = await home.kept(
    path,
    (text) => signingKeyOf(JSON.parse(text) as object),
    `${org} signs with a new key; what the old one signed stays good until an admin revokes it`,
  );
  if (kept) return kept;
  const key = await newSigningKey();
  await writePrivately(path, JSON.stringify(key.jwk));
  return key;
}
