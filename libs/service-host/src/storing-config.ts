import { readFileSync } from 'node:fs';
import { logger } from '@edgeflow/telemetry';
import { IsIn, IsOptional, IsString, IsUrl } from 'class-validator';
import { ConfigError, ServiceConfig } from './config.js';

const URL_RULES = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };

/** The environment of a service that works with the object store. */
export class StoringServiceConfig extends ServiceConfig {
  /** Where the object store is; without it the SDK's own of the region. */
  @IsOptional() @IsUrl(URL_RULES) S3_ENDPOINT?: string;
  /** The authority of its certificate, PEM. */
  @IsOptional() @IsString() S3_CA_FILE?: string;
  /** For development only: lets download URLs be http. */
  @IsIn(['true', 'false']) S3_ALLOW_INSECURE_DOWNLOADS = 'false';
  /** What download URLs name, https; without it they name the endpoint. */
  @IsOptional() @IsUrl(URL_RULES) S3_PUBLIC_ENDPOINT?: string;
  @IsString() S3_REGION = 'us-east-1';
  @IsString() S3_BUCKET!: string;
  @IsString() S3_ACCESS_KEY_ID!: string;
  @IsString() S3_SECRET_ACCESS_KEY!: string;
}

/** The same as `ObjectStore` takes it. @throws ConfigError when the authority cannot be read */
export function objectStoreOptions(config: StoringServiceConfig) {
  const insecure = config.S3_ALLOW_INSECURE_DOWNLOADS === 'true';
  if (insecure) logger.warn('DEVELOPMENT ONLY: S3_ALLOW_INSECURE_DOWNLOADS lets devices download over plain http');
  return {
    ...(config.S3_ENDPOINT && { endpoint: config.S3_ENDPOINT }),
    ...(config.S3_PUBLIC_ENDPOINT && { public_endpoint: config.S3_PUBLIC_ENDPOINT }),
    ...(config.S3_CA_FILE && { ca: authorityIn(config.S3_CA_FILE) }),
    ...(insecure && { allow_insecure_downloads: true }),
    region: config.S3_REGION,
    bucket: config.S3_BUCKET,
    access_key_id: config.S3_ACCESS_KEY_ID,
    secret_access_key: config.S3_SECRET_ACCESS_KEY,
  };
}

function authorityIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`S3_CA_FILE cannot be read: ${String(error)}`]);
  }
}
