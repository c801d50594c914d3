import type { Body, BodySchema } from './open-api-routes.js';

/** The example of a body with null for one member that may be left out. */
export interface NullBody {
  /** Like `target.filter.fleet`. */
  member: string;
  body: Record<string, unknown>;
  /** True where the description says what null means. */
  nullable: boolean;
}

interface Found {
  path: string[];
  nullable: boolean;
}

/** The example of a body, once for each member at any depth that may be left out, with null there. */
export function nullBodies({ schema, example, named }: Body): NullBody[] {
  return optionalIn(schema, named).map(({ path, nullable }) => ({
    ...{ member: path.join('.'), nullable },
    body: withNull(example, path),
  }));
}

function optionalIn(described: BodySchema, named: Body['named'], seen: readonly BodySchema[] = []): Found[] {
  const { properties = {}, required = [] } = resolved(described, named);
  return Object.entries(properties).flatMap(([name, member]) => {
    const schema = resolved(member, named);
    const own = required.includes(name) ? [] : [{ path: [name], nullable: mayBeNull(member) }];
    // A strategy has another one in it.
    if (seen.includes(schema)) return own;
    const nested = optionalIn(schema, named, [...seen, schema]);
    return [...own, ...nested.map(({ path, nullable }) => ({ path: [name, ...path], nullable }))];
  });
}

/** The schema itself, where it is named by a reference, alone or beside null. */
function resolved(schema: BodySchema, named: Body['named']): BodySchema {
  const [only] = schema.allOf ?? schema.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const name = (only?.$ref ?? schema.$ref)?.split('/').at(-1);
  return name === undefined ? (only ?? schema) : resolved(named[name] ?? {}, named);
}

function mayBeNull({ nullable, type, anyOf = [] }: BodySchema): boolean {
  return nullable === true || [type].flat().includes('null') || anyOf.some(mayBeNull);
}

/** What the members around it are is the example's; where it has none, they are empty. */
function withNull(example: Record<string, unknown>, [name = '', ...rest]: string[]): Record<string, unknown> {
  const inner = (example[name] ?? {}) as Record<string, unknown>;
  return { ...example, [name]: rest.length === 0 ? null : withNull(inner, rest) };
}
