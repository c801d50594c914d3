import { schemaOf, type JsonSchema, type SchemaClass } from '@edgeflow/contracts';

const classes = new Map<string, SchemaClass>();

/** A reference to the schema of a class of the contracts; the API description has it among its schemas, where a body or an answer names it. */
export function contractSchema(schemaClass: SchemaClass): { $ref: string } {
  classes.set(schemaClass.name, schemaClass);
  return { $ref: `#/components/schemas/${schemaClass.name}` };
}

/** The schemas of the contracts that a document refers to, and those that they refer to in turn. */
export function contractSchemasIn(document: object): Record<string, JsonSchema> {
  const named = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
  const schemas: Record<string, JsonSchema> = {};
  for (const [, name = ''] of named) {
    const schemaClass = classes.get(name);
    if (!schemaClass) continue;
    const { $defs = {}, title: _title, ...schema } = schemaOf(schemaClass);
    Object.assign(schemas, referring({ ...($defs as JsonSchema), [name]: schema }));
  }
  return schemas;
}

function referring(schemas: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schemas).replaceAll('#/$defs/', '#/components/schemas/')) as JsonSchema;
}
