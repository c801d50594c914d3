import 'reflect-metadata';
import { createPrivateKey, webcrypto, KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock, systemEntropy } from '@edgeflow/runtime';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type JsonName,
} from '@peculiar/x509';
import { readIfThere, replaceDurably } from '../files/durable-files.js';

/** Elliptic curve P-256 with SHA-256: what every TLS client of a device can verify (RFC 8446, section 9.1). */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
/** A CA with less than this left is replaced at the next start. */
const CA_RENEW_DAYS = 365;
const LEAF_DAYS = 90;
/** Clocks of devices may be behind. */
const BACKDATE_MS = DAY_MS;

/** A certificate and its key, PEM. */
export interface ServerCertificate {
  cert: string;
  key: string;
  expires_at: Date;
}

export interface Authority {
  /** The CA's certificate, which clients are given: `<dir>/ca.crt`. */
  ca_path: string;
  /** The same, PEM. */
  ca: string;
  /** A new certificate, 90 days, for localhost, 127.0.0.1, ::1 and this host's name. */
  issue(): Promise<ServerCertificate>;
  /** A new certificate, 90 days, with which a client shows who it is: the subject's CN and O (mTLS). */
  issueClient(subject: { cn: string; o: string }): Promise<ServerCertificate>;
}

interface CaPair {
  certificate: X509Certificate;
  key: webcrypto.CryptoKey;
}

/**
 * The installation's own certificate authority, made at the first call: `ca.crt`, and `ca.key` that only its owner reads.
 * It is replaced when less than a year of its ten is left.
 */
export async function createAuthority(dir: string): Promise<Authority> {
  const folder = resolve(dir);
  await mkdir(folder, { recursive: true });
  const pair = (await load(folder)) ?? (await create(folder));
  return {
    ca_path: join(folder, 'ca.crt'),
    ca: pair.certificate.toString('pem'),
    issue: () =>
      issue(pair, [{ CN: ['localhost'] }], ExtendedKeyUsage.serverAuth, [
        new SubjectAlternativeNameExtension(ownNames()),
      ]),
    issueClient: ({ cn, o }) => issue(pair, [{ O: [o] }, { CN: [cn] }], ExtendedKeyUsage.clientAuth),
  };
}

/** @throws Error that names the file when there is one and it cannot be used: a new authority would lock everybody out who knows this one */
async function load(folder: string): Promise<CaPair | undefined> {
  const shown = await readIfThere(join(folder, 'ca.crt'));
  if (shown === undefined) return undefined;
  const certificate = usable(join(folder, 'ca.crt'), () => new X509Certificate(shown));
  if (certificate.notAfter.getTime() - systemClock.now().getTime() < CA_RENEW_DAYS * DAY_MS) return undefined;
  const secret = (await readIfThere(join(folder, 'ca.key'))) ?? '';
  const key = usable(join(folder, 'ca.key'), () => createPrivateKey(secret));
  return { certificate, key: key.toCryptoKey(ALGORITHM, false, ['sign']) };
}

function usable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(
      `${path} is missing or damaged: restore ca.crt and ca.key from a backup; or delete both, and a new authority is made, whose ca.crt every device and client needs then`,
      { cause },
    );
  }
}

async function create(folder: string): Promise<CaPair> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validFor(CA_DAYS),
    name: `CN=EdgeFlow standalone CA ${systemEntropy.bytes(4, 'authority-name').toString('hex')}, O=EdgeFlow`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The key first: a certificate on the disk means that its key is there.
  await replaceDurably(join(folder, 'ca.key'), pemOf(keys.privateKey));
  await replaceDurably(join(folder, 'ca.crt'), `${certificate.toString('pem')}\n`, 0o644);
  return { certificate, key: keys.privateKey };
}

async function issue(
  { certificate, key }: CaPair,
  subject: JsonName,
  usage: ExtendedKeyUsage,
  more: readonly Extension[] = [],
): Promise<ServerCertificate> {
  const keys = await newKeys();
  const leaf = await X509CertificateGenerator.create({
    ...validFor(LEAF_DAYS),
    subject,
    issuer: certificate.subject,
    publicKey: keys.publicKey,
    signingKey: key,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(certificate.publicKey),
      ...more,
    ],
  });
  return { cert: leaf.toString('pem'), key: pemOf(keys.privateKey), expires_at: leaf.notAfter };
}

function ownNames(): { type: 'dns' | 'ip'; value: string }[] {
  const names = [...new Set(['localhost', hostname()])].map((value) => ({ type: 'dns' as const, value }));
  return [...names, { type: 'ip', value: '127.0.0.1' }, { type: 'ip', value: '::1' }];
}

function validFor(days: number): { notBefore: Date; notAfter: Date; serialNumber: string } {
  const now = systemClock.now().getTime();
  return {
    notBefore: new Date(now - BACKDATE_MS),
    notAfter: new Date(now + days * DAY_MS),
    // Positive and unguessable, 127 bits (RFC 5280, section 4.1.2.2).
    serialNumber: `4${systemEntropy.bytes(16, 'serial-number').toString('hex').slice(1)}`,
  };
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}
