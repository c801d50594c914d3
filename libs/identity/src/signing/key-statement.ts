import { KEY_STATEMENT_TYPE, KeyStatement } from '@edgeflow/contracts';
import type { JWK } from 'jose';
import { assertSigned, signJws, verifyJws, type SigningKeyLookup } from './jws.js';

/** A statement whose signature is good. */
export interface VerifiedStatement {
  /** The key that speaks. */
  kid: string;
  statement: KeyStatement;
}

/**
 * Reads what a signing key says of another one, and verifies its signature.
 * @throws Refused `signature-invalid`, `signing-key-unknown`, or what the lookup throws
 */
export async function readKeyStatement(compact: string, keyOf: SigningKeyLookup): Promise<VerifiedStatement> {
  const { kid, payload } = verifyJws(compact, keyOf, [KEY_STATEMENT_TYPE]);
  assertSigned(KeyStatement, payload, { code: 'signature-invalid', what: 'The key statement' });
  return { kid, statement: payload };
}

/** Signs a statement with the private half of the key that speaks; gives the compact JWS. */
export async function signKeyStatement(statement: KeyStatement, jwk: JWK, kid: string): Promise<string> {
  return signJws(statement, jwk, { kid, typ: KEY_STATEMENT_TYPE });
}
