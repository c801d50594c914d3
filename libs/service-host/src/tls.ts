import { readFileSync } from 'node:fs';
import { certificatesFault, ConfigError, keyFault } from '@edgeflow/configuration';

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

/** The variables of a service's own TLS; the last is the gateway's. */
export interface TlsFiles {
  TLS_CERT_FILE?: string | undefined;
  TLS_KEY_FILE?: string | undefined;
  TLS_CLIENT_CA_FILE?: string | undefined;
}

/** Why TLS_CERT_FILE is wrong, or missing; undefined when it is neither. */
export function tlsCertificateFault(path: string, { TLS_CLIENT_CA_FILE }: TlsFiles): string | undefined {
  if (path !== '') return certificatesFault(path);
  return TLS_CLIENT_CA_FILE === undefined
    ? 'TLS_KEY_FILE is given, and is half of what TLS needs'
    : 'TLS_CLIENT_CA_FILE is given, and without TLS there are no client certificates';
}

/** Why TLS_KEY_FILE is wrong, or missing; undefined when it is neither. */
export function tlsKeyFault(path: string, { TLS_CERT_FILE }: TlsFiles): string | undefined {
  return path === '' ? 'TLS_CERT_FILE is given, and is half of what TLS needs' : keyFault(path, TLS_CERT_FILE);
}

/**
 * The files of TLS_CERT_FILE, TLS_KEY_FILE and, where it is given, of the authority that signs clients' certificates. They are read
 * at start, after the configuration was found right: a new certificate counts after a restart.
 * @returns undefined for a service that listens without TLS
 * @throws ConfigError when one has gone meanwhile
 */
export function readTls({ TLS_CERT_FILE, TLS_KEY_FILE }: TlsFiles, client_ca_file?: string): ServerTls | undefined {
  if (TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined) return undefined;
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

function contentOf(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError([`${name} is wrong: the file cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
}
