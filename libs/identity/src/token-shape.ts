import { JSON_DEPTH_MAX, Refused, isNestedDeeper } from '@edgeflow/contracts';

/** Characters of the longest token that is looked at. */
const TOKEN_MAX_BYTES = 8192;

/**
 * Looks at a JWT before anything else does: its length, and how deep its header and its claims are nested. What it is otherwise is for
 * its reader to say.
 * @throws Refused `unauthorized`
 */
export function checkTokenShape(token: string): void {
  if (token.length > TOKEN_MAX_BYTES) throw new Refused('unauthorized', 'The token is too long');
  for (const part of token.split('.').slice(0, 2)) {
    if (isNestedDeeper(Buffer.from(part, 'base64url'))) {
      throw new Refused('unauthorized', `The token is nested deeper than ${JSON_DEPTH_MAX} levels`);
    }
  }
}
