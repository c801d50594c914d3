import { readFileSync } from 'node:fs';
import { ConfigError, type ServiceConfig } from './config.js';

/** What a service needs to listen with TLS by itself. */
export interface ServerTls {
  cert: Buffer;
  key: Buffer;
  minVersion: 'TLSv1.2';
  /** With a CA for clients: they are asked for a certificate, and may do without; whoever wants one looks. */
  ca?: Buffer;
  requestCert?: true;
  rejectUnauthorized?: false;
}

/**
 * The files of TLS_CERT_FILE, TLS_KEY_FILE and, where it is given, of the authority that signs clients' certificates. They are read
 * at start: a new certificate counts after a restart.
 * @returns undefined for a service that listens without TLS
 * @throws ConfigError when one is missing or cannot be read
 */
export function readTls(config: ServiceConfig, client_ca_file?: string): ServerTls | undefined {
  const { TLS_CERT_FILE, TLS_KEY_FILE } = config;
  if (TLS_CERT_FILE === undefined && TLS_KEY_FILE === undefined) {
    if (client_ca_file === undefined) return undefined;
    throw new ConfigError(['TLS_CERT_FILE is missing: without TLS there are no client certificates']);
  }
  return {
    cert: contentOf('TLS_CERT_FILE', TLS_CERT_FILE),
    key: contentOf('TLS_KEY_FILE', TLS_KEY_FILE),
    minVersion: 'TLSv1.2',
    ...(client_ca_file !== undefined && {
      ca: contentOf('TLS_CLIENT_CA_FILE', client_ca_file),
      requestCert: true,
      rejectUnauthorized: false,
    }),
  };
}

function contentOf(name: string, path: string | undefined): Buffer {
  if (path === undefined) throw new ConfigError([`${name} is missing: the other half of the certificate is given`]);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError([`${name} is wrong: the file cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}
