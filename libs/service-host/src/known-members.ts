import { Transform } from 'class-transformer';

/**
 * Takes the members of an object that have other names away before they are looked at, for formats that say so: a JWK has more
 * members than a key of ours needs, and those that are not understood must be ignored (RFC 7517, section 4).
 */
export const KnownMembers = (...names: readonly string[]): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    for (const name of Object.keys(value)) if (!names.includes(name)) Reflect.deleteProperty(value, name);
    return value;
  });
