import { KeyStatement, assertShape } from '@edgeflow/contracts';
import { signKeyStatement } from '@edgeflow/identity';
import { systemClock } from '@edgeflow/runtime';
import { readPublicKey, readSigningKey } from './key-file.js';

/** The options of `sign --endorse`. */
export interface EndorseOptions {
  key: string;
  org: string;
  /** The file with the public key to vouch for. */
  endorse: string;
  revokes?: string[];
}

/**
 * Has a key say that another one is to be trusted, and which ones not any more: devices follow it.
 * @returns the key statement, a compact JWS
 * @throws Error of one line
 */
export async function endorse(
  { key, org, endorse: file, revokes }: EndorseOptions,
  now = systemClock.now(),
): Promise<string> {
  const { kid, jwk } = await readSigningKey(key);
  const statement: KeyStatement = {
    ...{ org, ...(await readPublicKey(file)), issued_at: now.toISOString() },
    ...(revokes && { revokes }),
  };
  assertShape(KeyStatement, statement, 'invalid-request');
  return signKeyStatement(statement, jwk, kid);
}
