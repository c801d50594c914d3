import type { Role } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { OWN_TOKENS, orgIn, rolesIn, subjectIn } from './token-trust.js';

const roles = (payload: Record<string, unknown>, trust: object = {}): Role[] =>
  rolesIn(payload, { ...OWN_TOKENS, ...trust });

describe('the roles of a token', () => {
  it.each([
    ['a text', 'operator', ['operator']],
    ['a text with blanks', 'viewer  operator viewer', ['operator', 'viewer']],
    ['a list', ['viewer', 'admin'], ['admin', 'viewer']],
    ['a list with what we do not know', ['offline_access', 17, null, 'auditor'], ['auditor']],
  ])('are read from %s, the most powerful first', (_name, role, expected) => expect(roles({ role })).toEqual(expected));

  it.each([undefined, '', 'root', [], [['admin']], { admin: true }, 'ADMIN', 'device-claim', 42])(
    'must be there: %j',
    (role) => {
      expect(() => roles({ role })).toThrow('The token names no known role');
    },
  );

  it('are found by a path, and by a whole name first', () => {
    const payload = { realm_access: { roles: ['operator'] }, 'https://acme.example/roles': 'viewer' };
    expect(roles(payload, { role_claim: 'realm_access.roles' })).toEqual(['operator']);
    expect(roles(payload, { role_claim: 'https://acme.example/roles' })).toEqual(['viewer']);
    const both = { 'a.b': 'viewer', a: { b: 'admin' } };
    expect(roles(both, { role_claim: 'a.b' })).toEqual(['viewer']);
    expect(() => roles({}, { role_claim: 'constructor.name' })).toThrow('no known role');
  });

  it('have only the names that were agreed, once any were', () => {
    const trust = { role_names: new Map<string, Role>([['ota-ops', 'operator']]) };
    expect(roles({ role: ['ota-ops', 'admin'] }, trust)).toEqual(['operator']);
    expect(() => roles({ role: 'operator' }, trust)).toThrow('no known role');
  });
});

describe('the organization and the subject of a token', () => {
  it('are of a form that can stand in the log', () => {
    expect(orgIn({ tenant: { id: 'acme' } }, { ...OWN_TOKENS, org_claim: 'tenant.id' })).toBe('acme');
    for (const org of [undefined, '', 'a.b', '*', '>', ['acme'], 'x'.repeat(65)]) {
      expect(() => orgIn({ org }, OWN_TOKENS)).toThrow('The token names no organization');
    }
    expect(subjectIn({ sub: 'ünal@example.org' })).toBe('ünal@example.org');
    for (const sub of ['a\nb', '\0', 'x'.repeat(257)]) expect(() => subjectIn({ sub })).toThrow('no usable subject');
  });
});
