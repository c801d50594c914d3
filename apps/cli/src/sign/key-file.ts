import { readFile, writeFile } from 'node:fs/promises';
import { Ed25519PublicKey, assertShape, messageOf } from '@edgeflow/contracts';
import { newSigningKey, signingKeyOf, type SigningKey } from '@edgeflow/identity';

/** The public half of a signing key, as `POST /registry/v1/keys` and devices take it. */
export interface PublicSigningKey {
  kid: string;
  public_key: Ed25519PublicKey;
}

/** The private key in a JWK file. @throws Error of one line */
export async function readSigningKey(path: string): Promise<SigningKey> {
  try {
    return await signingKeyOf(JSON.parse(await readFile(path, 'utf8')) as object);
  } catch (cause) {
    throw new Error(`${path} holds no private Ed25519 JWK: ${messageOf(cause)}`, { cause });
  }
}

/** Makes a key pair; its private half goes into a new file that only its owner reads. @throws Error when the file is there */
export async function makeSigningKey(path: string, kid: string | undefined): Promise<PublicSigningKey> {
  const key = await newSigningKey(kid);
  await writeFile(path, `${JSON.stringify(key.jwk)}\n`, { mode: 0o600, flag: 'wx' });
  return { kid: key.kid, public_key: key.public_key };
}

/** What `makeSigningKey` printed, from a file. @throws Error of one line */
export async function readPublicKey(path: string): Promise<PublicSigningKey> {
  try {
    const { kid, public_key } = JSON.parse(await readFile(path, 'utf8')) as Partial<PublicSigningKey>;
    assertShape(Ed25519PublicKey, public_key, 'invalid-request');
    if (typeof kid !== 'string') throw new Error('it has no kid');
    return { kid, public_key };
  } catch (cause) {
    throw new Error(`${path} holds no public signing key ({ kid, public_key }): ${messageOf(cause)}`, { cause });
  }
}
