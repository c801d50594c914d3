import { databasePasswordFault, databaseUrlFault } from '@edgeflow/configuration';
import { IsInt, IsOptional, Min } from 'class-validator';
import { ServiceConfig } from './config.js';
import { Certificates, NoFault } from './no-fault.js';
import { Numeric } from './numeric.js';

/** CA and URL contradict each other, or the URL is none. */
function urlFault(url: string, { DATABASE_CA_FILE }: FoldingServiceConfig): string | undefined {
  const fault = databaseUrlFault(url);
  if (fault !== undefined || DATABASE_CA_FILE === undefined) return fault;
  const isOff = new URL(url).searchParams.get('sslmode') === 'disable';
  return isOff ? 'its sslmode=disable forbids TLS, which DATABASE_CA_FILE asks for' : undefined;
}

/** The environment of a service that folds the log into PostgreSQL, into a schema of its own. */
export class FoldingServiceConfig extends ServiceConfig {
  /** Where PostgreSQL is: `postgres://user@host:5432/database`. */
  @NoFault(urlFault) DATABASE_URL!: string;
  /** The password, of any characters, where the URL has none. */
  @IsOptional()
  @NoFault((_password, { DATABASE_URL }: FoldingServiceConfig) => databasePasswordFault(DATABASE_URL))
  DATABASE_PASSWORD?: string;
  /** The authority of its certificate, a file: TLS with the server's name verified. Default: as `sslmode` in the URL says. */
  @IsOptional() @Certificates() DATABASE_CA_FILE?: string;
  /** Not ready while more events than this are not folded yet. */
  @Numeric() @IsInt() @Min(1) READY_MAX_LAG = 10_000;
}

/** How the database is reached, as `openDatabase` takes it. */
export function databaseAccess(config: FoldingServiceConfig): { url: string; password?: string; ca_file?: string } {
  const { DATABASE_URL: url, DATABASE_PASSWORD: password, DATABASE_CA_FILE: ca_file } = config;
  return { url, ...(password !== undefined && { password }), ...(ca_file !== undefined && { ca_file }) };
}
