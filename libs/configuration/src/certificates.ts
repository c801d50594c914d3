import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** OpenSSL's and Node's words for a certificate that is not to be trusted. */
const TLS = /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

/** True for an error's `code` that says: the two sides do not agree on TLS, and no other try will help. */
export function isTlsCode(code: unknown): code is string {
  return typeof code === 'string' && TLS.test(code);
}

/** Why a file does not hold certificates in PEM; undefined when it does. */
export function certificatesFault(path: string): string | undefined {
  const text = textOf(path);
  if (typeof text !== 'string') return text.fault;
  const found = text.match(CERTIFICATE) ?? [];
  return found.length > 0 && found.every(isCertificate) ? undefined : 'the file does not hold certificates in PEM';
}

/** Why a file does not hold a key in PEM, or not that of the first certificate in another file; undefined when it does. */
export function keyFault(path: string, certificate_path?: string): string | undefined {
  const text = textOf(path);
  if (typeof text !== 'string') return text.fault;
  const key = keyIn(text);
  if (key === undefined) return 'the file does not hold a key in PEM without a passphrase';
  const certificate = certificate_path === undefined ? undefined : textOf(certificate_path);
  // What is wrong with the certificate is said of its own variable.
  if (typeof certificate !== 'string' || !isCertificate(certificate)) return undefined;
  return new X509Certificate(certificate).checkPrivateKey(key) ? undefined : 'it is not the key of the certificate';
}

/**
 * An authority's certificates, PEM.
 * @param variable that names the file
 * @throws ConfigError when it cannot be read or holds no certificates
 */
export function authorityIn(variable: string, path: string): string {
  const fault = certificatesFault(path);
  if (fault !== undefined) throw new ConfigError([`${variable} is wrong: ${fault}`]);
  return readFileSync(path, 'utf8');
}

function textOf(path: string): string | { fault: string } {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return { fault: `the file cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function keyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
