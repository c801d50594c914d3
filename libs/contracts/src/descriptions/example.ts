import { TIME_PATTERN } from '../fields.js';
import type { JsonSchema } from '../schemas.js';

const TIME = '2026-03-01T08:30:00Z';

/**
 * A value that fits a schema, put together from the examples of its members.
 * @param definitions by the last word of a `$ref`
 * @returns undefined where neither an example nor the schema itself says one
 */
export function exampleOf(schema: JsonSchema, definitions: JsonSchema): unknown {
  const { $ref, examples, anyOf, allOf } = schema as Record<'$ref', string | undefined> & Record<string, unknown>;
  if (Array.isArray(examples)) return examples[0];
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  if ('default' in schema) return schema['default'];
  if ($ref !== undefined) return exampleOf(definitions[$ref.split('/').at(-1) ?? ''] as JsonSchema, definitions);
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0] as JsonSchema, definitions);
  if (Array.isArray(allOf)) return Object.assign({}, ...allOf.map((one) => exampleOf(one as JsonSchema, definitions)));
  return byType(schema, definitions);
}

function byType(schema: JsonSchema, definitions: JsonSchema): unknown {
  const [type] = [schema['type']].flat();
  switch (type) {
    case 'object':
      return exampleObject(schema, definitions);
    case 'array': {
      const item = exampleOf((schema['items'] ?? {}) as JsonSchema, definitions);
      return item === undefined ? [] : [item];
    }
    case 'integer':
    case 'number':
      return schema['minimum'] ?? 1;
    case 'boolean':
      return false;
    default:
      return schema['format'] === 'date-time' || schema['pattern'] === TIME_PATTERN.source ? TIME : undefined;
  }
}

function exampleObject({ properties = {} }: JsonSchema, definitions: JsonSchema): JsonSchema {
  const members = Object.entries(properties as Record<string, JsonSchema>);
  return Object.fromEntries(
    members.flatMap(([name, member]) => {
      const value = exampleOf(member, definitions);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
