import { ROLES, TUNNEL_AUDIENCE, type Role } from '@edgeflow/contracts';
import {
  AUDIENCE,
  CLAIM_AUDIENCE,
  ISSUER,
  isSecureUrl,
  jwksFault,
  jwksFrom,
  jwksOfIssuer,
  type JwksSource,
  type TokenTrust,
} from '@edgeflow/identity';
import type { Clock } from '@edgeflow/runtime';
import { IsInt, IsNotIn, IsOptional, IsString, Matches, MaxLength, Min, ValidateIf } from 'class-validator';
import { NoFault } from './no-fault.js';
import { Numeric } from './numeric.js';

const ROLE_NAMES = new RegExp(`^[^=,\\s]+=(${ROLES.join('|')})(,[^=,\\s]+=(${ROLES.join('|')}))*$`);

/** True for an issuer that can be asked where its keys are. */
const canDiscover = (issuer: unknown): boolean => typeof issuer === 'string' && isSecureUrl(issuer);

function issuerFault(issuer: string): string | undefined {
  if (!/^https?:/i.test(issuer) || canDiscover(issuer)) return undefined;
  return 'must be https:// when it is a URL (http:// on this machine only)';
}

/** Whose tokens a service takes: any OpenID provider's, or those that standalone signs. */
export class AuthConfig {
  /** The `iss` of tokens. */
  @IsString()
  @NoFault(issuerFault)
  AUTH_ISSUER: string = ISSUER;
  /** The `aud` of tokens for this installation. Claim tokens and tunnels have audiences of their own. */
  @IsString()
  @IsNotIn([CLAIM_AUDIENCE, TUNNEL_AUDIENCE], { message: 'must not be the audience of claim tokens or of tunnels' })
  AUTH_AUDIENCE: string = AUDIENCE;
  /** The keys of the issuer, as JWK set; without it they are found by OpenID discovery. */
  @ValidateIf((config: AuthConfig) => config.AUTH_JWKS_URL !== undefined || !canDiscover(config.AUTH_ISSUER))
  @NoFault(jwksFault)
  AUTH_JWKS_URL?: string;
  /** The claim with the organization: its whole name, or a path with dots. */
  @IsString() @MaxLength(256) AUTH_ORG_CLAIM = 'org';
  /** The claim with the roles: text, blank-separated text or a list. */
  @IsString() @MaxLength(256) AUTH_ROLE_CLAIM = 'role';
  /** What the issuer calls our roles: `ota-admins=admin,ota-ops=operator`; other names count for nothing then. */
  @IsOptional()
  @Matches(ROLE_NAMES, { message: `must be name=role, separated by commas; roles: ${ROLES.join(', ')}` })
  AUTH_ROLE_NAMES?: string;
  /** Bad credentials that a client address may send in a minute; and bad claim tokens. */
  @Numeric() @IsInt() @Min(1) AUTH_FAILURES_PER_MINUTE = 300;
  @Numeric() @IsInt() @Min(1) AUTH_CLAIM_FAILURES_PER_MINUTE = 30;
}

/** What a token must say to be taken. */
export function tokenTrustOf(config: AuthConfig): TokenTrust {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_ROLE_NAMES: names } = config;
  const role_names = names?.split(',').map((pair) => pair.split('=') as [string, Role]);
  const claims = { org_claim: config.AUTH_ORG_CLAIM, role_claim: config.AUTH_ROLE_CLAIM };
  return { issuer, audience, ...claims, ...(role_names && { role_names: new Map(role_names) }) };
}

/** Where the keys are that sign tokens. */
export function issuerKeysOf({ AUTH_JWKS_URL, AUTH_ISSUER }: AuthConfig, clock: Clock): JwksSource {
  return AUTH_JWKS_URL === undefined ? jwksOfIssuer(AUTH_ISSUER, clock) : jwksFrom(AUTH_JWKS_URL, clock);
}
