import { resolve } from 'node:path';

/** An S3 server that somebody else runs. */
export interface ExternalS3 {
  endpoint: string;
  /** What presigned URLs name. */
  public_endpoint?: string;
  access_key_id: string;
  secret_access_key: string;
}

/** What the environment says of this installation. */
export interface Settings {
  home: string;
  /** Ports of the origin; 0 takes any free one. */
  https_port: number;
  http_port: number;
  /** Where one of these is set, it is used and no server of our own is started. */
  nats_url?: string;
  database_url?: string;
  s3?: ExternalS3;
  s3_region: string;
  s3_bucket: string;
}

const DEFAULT_HTTPS_PORT = 8443;
const DEFAULT_HTTP_PORT = 8080;

/** The settings in the environment. @throws Error of one line that names a wrong or missing variable */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    home: resolve(env['EDGEFLOW_HOME'] || '.edgeflow'),
    https_port: portIn(env, 'EDGEFLOW_PORT', DEFAULT_HTTPS_PORT),
    http_port: portIn(env, 'EDGEFLOW_HTTP_PORT', DEFAULT_HTTP_PORT),
    nats_url: env['NATS_URL'] || undefined,
    database_url: env['DATABASE_URL'] || undefined,
    s3: externalS3(env),
    s3_region: env['S3_REGION'] || 'us-east-1',
    s3_bucket: env['S3_BUCKET'] || 'edgeflow',
  };
}

function portIn(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name] || String(otherwise);
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new Error(`${name} must be a port, 0 to 65535`);
  return port;
}

function externalS3(env: NodeJS.ProcessEnv): ExternalS3 | undefined {
  const endpoint = env['S3_ENDPOINT'];
  if (!endpoint) return undefined;
  const needed = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} must be set when S3_ENDPOINT is`);
    return value;
  };
  return {
    endpoint,
    public_endpoint: env['S3_PUBLIC_ENDPOINT'] || undefined,
    access_key_id: needed('S3_ACCESS_KEY_ID'),
    secret_access_key: needed('S3_SECRET_ACCESS_KEY'),
  };
}
