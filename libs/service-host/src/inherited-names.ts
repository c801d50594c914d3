import { Refused } from '@edgeflow/contracts';

/**
 * Whether every object has something by that name, like `constructor` and `__proto__`. No class of ours names a member or a parameter
 * so, and class-validator takes one for known: it looks names up in plain objects.
 */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}

/** The refusal of members or parameters that do not exist, in the words of class-validator. */
export function unknownNames(fields: readonly string[]): Refused {
  const violations = fields.map((field) => ({ field, problem: `property ${field} should not exist` }));
  return new Refused('invalid-request', violations.map(({ problem }) => problem).join('; '), { violations });
}

/**
 * Looks for members of such names in a value out of JSON, at any depth; it recurses no deeper than JSON may be nested.
 * @returns their paths: `target.constructor`
 */
export function inheritedMembers(value: unknown, parent = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const path = parent ? `${parent}.${name}` : name;
    return isInherited(name) ? [path] : inheritedMembers(member, path);
  });
}
