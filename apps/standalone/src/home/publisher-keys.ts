import { newSigningKey, signingKeyOf, type SigningKey } from '@edgeflow/identity';
import type { Home } from './home.js';

/** The signing key of an organization, made at the first start and kept where no service looks. */
export function openPublisherKey(home: Home, org: string): Promise<SigningKey> {
  return home.keep(`${org}.publisher.jwk`, {
    read: (text) => signingKeyOf(JSON.parse(text) as object),
    make: () => newSigningKey(),
    text: ({ jwk }) => JSON.stringify(jwk),
    lost: `${org} signs with a new key; what the old one signed stays good until an admin revokes it`,
  });
}
