/** Signatures alone, for devices: without what services are made of. */
export { readKeyStatement, signKeyStatement, type VerifiedStatement } from './key-statement.js';
export { readManifest, signManifest, type VerifiedManifest } from './manifest.js';
export { newSigningKey, signingKeyOf, type SigningKey } from './signing-key.js';
