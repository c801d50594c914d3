import { Refused } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { checkTokenShape } from './token-shape.js';

const part = (json: string): string => Buffer.from(json).toString('base64url');
const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;

describe('a token', () => {
  it('may be as deep as other JSON', () => {
    expect(checkTokenShape(`${part('{"alg":"EdDSA"}')}.${part(nested(31))}.x`)).toBeUndefined();
  });

  it.each([
    ['too long', `${part('{}')}.${part(`"${'x'.repeat(8192)}"`)}.x`],
    ['deep in its header', `${part(nested(1_000))}.${part('{}')}.x`],
    ['deep in its claims', `${part('{}')}.${part(nested(1_000))}.x`],
  ])('is refused when it is %s', (_what, token) => {
    const refusal = expect.objectContaining({ code: 'unauthorized' });
    expect(() => checkTokenShape(token)).toThrow(Refused);
    expect(() => checkTokenShape(token)).toThrow(refusal);
  });
});
