import { authorityIn, httpUrlFault } from '@edgeflow/configuration';
import { logger } from '@edgeflow/telemetry';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { ServiceConfig } from './config.js';
import { Certificates, HttpUrl, NoFault } from './no-fault.js';

/** What stands in a header and between slashes and commas there (Signature Version 4, the member Credential). */
const KEY_ID = /^[!-+\-.0-~]+$/;

function publicFault(url: string, { S3_ALLOW_INSECURE_DOWNLOADS }: StoringServiceConfig): string | undefined {
  const fault = httpUrlFault(url);
  if (fault !== undefined || S3_ALLOW_INSECURE_DOWNLOADS === 'true') return fault;
  return new URL(url).protocol === 'https:' ? undefined : 'must be https: whoever listens could change what it brings';
}

/** The environment of a service that works with the object store. */
export class StoringServiceConfig extends ServiceConfig {
  /** Where the object store is; without it the SDK's own of the region. */
  @IsOptional() @HttpUrl() S3_ENDPOINT?: string;
  /** The authority of its certificate, PEM. */
  @IsOptional() @Certificates() S3_CA_FILE?: string;
  /** For development only: lets download URLs be http. */
  @IsIn(['true', 'false']) S3_ALLOW_INSECURE_DOWNLOADS = 'false';
  /** What download URLs name, https; without it they name the endpoint. */
  @IsOptional() @NoFault(publicFault) S3_PUBLIC_ENDPOINT?: string;
  @Matches(/^[A-Za-z0-9-]{1,63}$/, { message: 'must be the name of a region' }) S3_REGION = 'us-east-1';
  @Matches(/^[A-Za-z0-9][\w.-]{1,253}[A-Za-z0-9]$/, { message: 'must be the name of a bucket' }) S3_BUCKET!: string;
  @Matches(KEY_ID, { message: 'must be visible ASCII without / and ,' }) S3_ACCESS_KEY_ID!: string;
  @IsString() S3_SECRET_ACCESS_KEY!: string;
}

/** The same as `ObjectStore` takes it. @throws ConfigError when the authority cannot be read */
export function objectStoreOptions(config: StoringServiceConfig) {
  const insecure = config.S3_ALLOW_INSECURE_DOWNLOADS === 'true';
  if (insecure) logger.warn('DEVELOPMENT ONLY: S3_ALLOW_INSECURE_DOWNLOADS lets devices download over plain http');
  return {
    ...(config.S3_ENDPOINT && { endpoint: config.S3_ENDPOINT }),
    ...(config.S3_PUBLIC_ENDPOINT && { public_endpoint: config.S3_PUBLIC_ENDPOINT }),
    ...(config.S3_CA_FILE && { ca: authorityIn('S3_CA_FILE', config.S3_CA_FILE) }),
    ...(insecure && { allow_insecure_downloads: true }),
    region: config.S3_REGION,
    bucket: config.S3_BUCKET,
    access_key_id: config.S3_ACCESS_KEY_ID,
    secret_access_key: config.S3_SECRET_ACCESS_KEY,
  };
}

/** The fault of an endpoint whose address devices would be given and may not take; undefined when they may. */
export function downloadFault(endpoint: string, config: StoringServiceConfig): string | undefined {
  const fault = httpUrlFault(endpoint);
  if (fault !== undefined || config.S3_PUBLIC_ENDPOINT !== undefined) return fault;
  return publicFault(endpoint, config) && 'is plain http: S3_PUBLIC_ENDPOINT must say where devices download, by https';
}
