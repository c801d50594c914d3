import { createHash, timingSafeEqual } from 'node:crypto';
import type { Entropy } from '@edgeflow/runtime';

/** `efk`: a program's API key; `efc`: a claim token, with which a device registers itself. */
export type SecretTokenKind = 'efk' | 'efc';

/** What a credential of ours says: `{kind}.{org}.{id}.{secret}`. */
export interface SecretToken {
  org: string;
  id: string;
  /** 32 random bytes in base64url: 43 characters. */
  secret: string;
}

const SECRET_BYTES = 32;
const FORM = /^(efk|efc)\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})$/;

/** 32 fresh random bytes, base64url. */
export function newSecret(entropy: Entropy): string {
  return entropy.bytes(SECRET_BYTES, 'secret').toString('base64url');
}

/** The credential as its holder gets it, once. */
export function secretTokenOf(kind: SecretTokenKind, { org, id, secret }: SecretToken): string {
  return `${kind}.${org}.${id}.${secret}`;
}

/** True for text that means to be a credential of this kind, however broken. */
export function isSecretToken(kind: SecretTokenKind, text: string): boolean {
  return text.startsWith(`${kind}.`);
}

/** The parts of a credential, or undefined when the text is not of its form. Nothing is proven by the form. */
export function parseSecretToken(kind: SecretTokenKind, text: string): SecretToken | undefined {
  const [, found, org, id, secret] = FORM.exec(text) ?? [];
  return found === kind && org && id && secret ? { org, id, secret } : undefined;
}

/**
 * What the log keeps of a secret: the SHA-256 of its characters, in hex. 256 random bits need no salt and no slow hash (ADR-0015).
 */
export function digestOfSecret(secret: string): string {
  return createHash('sha256').update(secret, 'ascii').digest('hex');
}

/** Whether a secret has this digest; takes as long for a near miss as for any other. */
export function isSecretOf(secret: string, sha256: string): boolean {
  const [given, kept] = [Buffer.from(digestOfSecret(secret), 'hex'), Buffer.from(sha256, 'hex')];
  return given.length === kept.length && timingSafeEqual(given, kept);
}
