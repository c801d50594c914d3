import { IsOptional, IsString, IsUrl } from 'class-validator';
import { ServiceConfig } from './config.js';

const URL_RULES = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };

/** The environment of a service that works with the object store. */
export class StoringServiceConfig extends ServiceConfig {
  /** Where the object store is; without it the SDK's own of the region. */
  @IsOptional() @IsUrl(URL_RULES) S3_ENDPOINT?: string;
  /** What download URLs name, https; without it they name the endpoint. */
  @IsOptional() @IsUrl(URL_RULES) S3_PUBLIC_ENDPOINT?: string;
  @IsString() S3_REGION = 'us-east-1';
  @IsString() S3_BUCKET!: string;
  @IsString() S3_ACCESS_KEY_ID!: string;
  @IsString() S3_SECRET_ACCESS_KEY!: string;
}

/** The same as `ObjectStore` takes it. */
export function objectStoreOptions(config: StoringServiceConfig) {
  return {
    ...(config.S3_ENDPOINT && { endpoint: config.S3_ENDPOINT }),
    ...(config.S3_PUBLIC_ENDPOINT && { public_endpoint: config.S3_PUBLIC_ENDPOINT }),
    region: config.S3_REGION,
    bucket: config.S3_BUCKET,
    access_key_id: config.S3_ACCESS_KEY_ID,
    secret_access_key: config.S3_SECRET_ACCESS_KEY,
  };
}
