import { schemaOf, type JsonSchema, type SchemaClass } from '../schemas.js';
import { deviceDescriptions } from './device.descriptions.js';
import { recordDescriptions } from './record.descriptions.js';
import { rolloutDescriptions } from './rollout.descriptions.js';
import { updateDescriptions } from './update.descriptions.js';
import type { MemberDescription, MemberDescriptions } from './member-description.js';

const words: MemberDescriptions = {
  ...deviceDescriptions,
  ...updateDescriptions,
  ...rolloutDescriptions,
  ...recordDescriptions,
};

/** What a member of a class is; a word for the class goes before one for the member alone. */
export function descriptionOf(className: string, member: string): MemberDescription | undefined {
  return words[`${className}.${member}`] ?? words[member];
}

/**
 * A copy of the schema of a class in which every member says what it is, and which value it may have: what the schema says itself stays.
 * Nested objects without a name of their own have the words of members alone.
 */
export function described(schema: JsonSchema, className: string): JsonSchema {
  const { properties } = schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, name === 'properties' ? value : within(value)]),
  );
  if (typeof properties !== 'object' || properties === null) return copy;
  const members = Object.entries(properties).map(([name, member]) => [
    name,
    withDescription(described(member as JsonSchema, ''), descriptionOf(className, name)),
  ]);
  return { ...copy, properties: Object.fromEntries(members) as JsonSchema };
}

/** The schema of a decorated class with words and examples, nested classes under `$defs`: for people and for the documents. */
export function describedSchemaOf(schemaClass: SchemaClass): JsonSchema {
  const { $defs, ...schema } = schemaOf(schemaClass);
  const nested = Object.entries(($defs ?? {}) as Record<string, JsonSchema>);
  return {
    ...described(schema, schemaClass.name),
    ...($defs !== undefined && {
      $defs: Object.fromEntries(nested.map(([name, one]) => [name, described(one, name)])),
    }),
  };
}

function within(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(within);
  return typeof value === 'object' && value !== null ? described(value as JsonSchema, '') : value;
}

function withDescription(member: JsonSchema, about: MemberDescription | undefined): JsonSchema {
  const { example, ...rest } = member;
  const [description, value] = about ?? [];
  const known = example ?? (mayBe(member, value) ? value : undefined);
  return {
    ...(description !== undefined && { description }),
    ...rest,
    ...(known !== undefined && { examples: [known] }),
  };
}

/** A schema that says its values itself is right about them. */
function mayBe(member: JsonSchema, value: unknown): boolean {
  if ('examples' in member || 'const' in member) return false;
  return !Array.isArray(member['enum']) || member['enum'].includes(value);
}
