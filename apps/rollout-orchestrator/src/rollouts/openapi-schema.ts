import type { SchemaObject } from '@nestjs/swagger';
import { schemaOf, type JsonSchema, type SchemaClass } from '@edgeflow/contracts';

/**
 * The schema of a decorated class as a part of the API description: nested classes are written out where they are used, since a
 * reference would be looked up in the whole document. One inside itself is an object there.
 */
export function openApiSchemaOf(schemaClass: SchemaClass): SchemaObject {
  const { $defs = {}, title: _title, ...schema } = schemaOf(schemaClass);
  return inlined(schema, $defs as JsonSchema, []) as SchemaObject;
}

function inlined(schema: unknown, definitions: JsonSchema, within: readonly string[]): unknown {
  if (Array.isArray(schema)) return schema.map((item) => inlined(item, definitions, within));
  if (typeof schema !== 'object' || schema === null) return schema;
  const name = '$ref' in schema && typeof schema.$ref === 'string' ? schema.$ref.replace('#/$defs/', '') : undefined;
  if (name === undefined) {
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(value, definitions, within)]));
  }
  if (within.includes(name)) return { type: 'object', description: `As ${name} itself.` };
  return inlined(definitions[name], definitions, [...within, name]);
}
