import { resolve } from 'node:path';
import {
  ConfigError,
  databasePasswordFault,
  databaseUrlFault,
  httpUrlFault,
  variablesIn,
  type Environment,
} from '@edgeflow/configuration';
import { natsServers } from '@edgeflow/event-log';
import type { S3Keys } from './home/credentials.js';

/** What the environment says of this installation. */
export interface Settings {
  home: string;
  /** Ports of the origin; 0 takes any free one. */
  https_port: number;
  http_port: number;
  /** That of a nats-server of our own, taken when nobody has it; 0 takes any free one. */
  nats_port: number;
  /** Where one of these is set, it is used and no server of our own is started. */
  nats_url?: string | undefined;
  /** The password where the URL has none. */
  database?: { url: string; password?: string | undefined } | undefined;
  /** `public_endpoint` is what presigned URLs name. */
  s3?: (S3Keys & { endpoint: string; public_endpoint?: string | undefined }) | undefined;
  s3_region: string;
  s3_bucket: string;
}

const DEFAULT_HTTPS_PORT = 8443;
const DEFAULT_HTTP_PORT = 8080;
/** NATS's own port. */
const DEFAULT_NATS_PORT = 4222;
const NAMES = [
  ...['EDGEFLOW_HOME', 'EDGEFLOW_PORT', 'EDGEFLOW_HTTP_PORT', 'EDGEFLOW_NATS_PORT'],
  ...['DATABASE_URL', 'DATABASE_PASSWORD'],
  ...['S3_ENDPOINT', 'S3_PUBLIC_ENDPOINT', 'S3_REGION', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
];
type Given = Partial<Record<string, string>>;

/** The settings in the environment, each by itself or as a file. @throws ConfigError that names a wrong or missing variable */
export function readSettings(env: Environment): Settings {
  const given = variablesIn(env, NAMES);
  return {
    home: resolve(given['EDGEFLOW_HOME'] ?? '.edgeflow'),
    https_port: portIn(given, 'EDGEFLOW_PORT', DEFAULT_HTTPS_PORT),
    http_port: portIn(given, 'EDGEFLOW_HTTP_PORT', DEFAULT_HTTP_PORT),
    nats_port: portIn(given, 'EDGEFLOW_NATS_PORT', DEFAULT_NATS_PORT),
    nats_url: natsServers(env),
    database: externalDatabase(given),
    s3: externalS3(given),
    s3_region: given['S3_REGION'] ?? 'us-east-1',
    s3_bucket: given['S3_BUCKET'] ?? 'edgeflow',
  };
}

function portIn(given: Given, name: string, otherwise: number): number {
  const text = given[name] ?? String(otherwise);
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new ConfigError([`${name} is wrong: must be a port, 0 to 65535`]);
  return port;
}

function externalDatabase({ DATABASE_URL: url, DATABASE_PASSWORD: password }: Given): Settings['database'] {
  if (url === undefined) return undefined;
  refuse('DATABASE_URL', databaseUrlFault(url));
  if (password !== undefined) refuse('DATABASE_PASSWORD', databasePasswordFault(url));
  return { url, password };
}

function externalS3(given: Given): Settings['s3'] {
  const { S3_ENDPOINT: endpoint, S3_PUBLIC_ENDPOINT: public_endpoint } = given;
  if (endpoint === undefined) return undefined;
  refuse('S3_ENDPOINT', httpUrlFault(endpoint));
  if (public_endpoint !== undefined) refuse('S3_PUBLIC_ENDPOINT', httpUrlFault(public_endpoint));
  const needed = (name: string): string => {
    const value = given[name];
    if (value === undefined) throw new ConfigError([`${name} is missing: must be set when S3_ENDPOINT is`]);
    return value;
  };
  return {
    endpoint,
    public_endpoint,
    access_key_id: needed('S3_ACCESS_KEY_ID'),
    secret_access_key: needed('S3_SECRET_ACCESS_KEY'),
  };
}

function refuse(name: string, fault: string | undefined): void {
  if (fault !== undefined) throw new ConfigError([`${name} is wrong: ${fault}`]);
}
