import type { Access } from '@edgeflow/identity';
import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;
type SecurityScheme = Extract<NonNullable<Components['securitySchemes']>[string], { type: string }>;

/** The credentials that the services take; all of them stand in the header `Authorization`. */
export const SECURITY_SCHEMES: Readonly<Record<'bearer' | 'claim' | 'device', SecurityScheme>> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'A token of the issuer (JWT), or an API key: `Authorization: Bearer …`. It says the organization and the roles.',
  },
  claim: {
    type: 'http',
    scheme: 'claim',
    description:
      'A claim token, with which a device registers itself: `Authorization: Claim efc.{org}.{claim_id}.{secret}`.',
  },
  device: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token that a device signs with its own key, as for its tunnel (docs/device-protocol.md).',
  },
};

/** Any one of these is needed. */
export function securityOf({ isPublic, claim, device }: Access): Record<string, string[]>[] {
  if (isPublic) return [];
  return [{ bearer: [] }, ...(claim ? [{ claim: [] }] : []), ...(device ? [{ device: [] }] : [])];
}
