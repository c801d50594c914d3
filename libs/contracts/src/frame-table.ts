import { SEMVER_PATTERN, TIME_PATTERN } from './fields.js';
import { schemaOf, type JsonSchema, type SchemaClass } from './schemas.js';
import { FAILURE_CODES, FRAME_ERRORS } from './tunnel-codes.js';
import { cloudFrames, deviceFrames } from './tunnel.js';

/** What is better said than shown. */
const WORDS: Readonly<Record<string, string>> = {
  [SEMVER_PATTERN.source]: 'a semantic version',
  [TIME_PATTERN.source]: 'a time, RFC 3339',
};

/** A property of a JSON Schema, as far as frames have any. */
interface Property {
  $ref?: string;
  type?: string;
  enum?: readonly string[];
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
}

interface ObjectSchema {
  properties: Readonly<Record<string, Property>>;
  required?: readonly string[];
}

/** The members of all frames with their limits and patterns, as the table of docs/device-protocol.md: Markdown, from the contracts. */
export function frameTable(): string {
  const rows = [
    ...Object.values(deviceFrames).flatMap((frame) => rowsOf('device → cloud', frame)),
    ...Object.values(cloudFrames).flatMap((frame) => rowsOf('cloud → device', frame)),
  ];
  return ['| from | frame | member | is |', '|---|---|---|---|', ...rows].join('\n');
}

/** The codes of `error` and `failed` with what they mean, as the table of docs/device-protocol.md. */
export function codeTable(): string {
  const rows = (frame: string, codes: Readonly<Record<string, string>>): string[] =>
    Object.entries(codes).map(([code, means]) => `| \`${frame}\` | \`${code}\` | ${means} |`);
  return [
    '| frame | code | means |',
    '|---|---|---|',
    ...rows('error', FRAME_ERRORS),
    ...rows('failed', FAILURE_CODES),
  ].join('\n');
}

function rowsOf(direction: string, frame: SchemaClass): string[] {
  const schema = schemaOf(frame);
  const nested = (schema['$defs'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const own = schema as unknown as ObjectSchema;
  const type = own.properties['type']?.enum?.[0] ?? '';
  return membersOf(own, nested, '').map(([name, is]) => `| ${direction} | \`${type}\` | ${name} | ${is} |`);
}

function membersOf(
  { properties, required = [] }: ObjectSchema,
  nested: Readonly<Record<string, JsonSchema>>,
  prefix: string,
): [name: string, is: string][] {
  return Object.entries(properties).flatMap(([name, property]) => {
    if (name === 'type') return [];
    const of = nested[property.$ref?.split('/').at(-1) ?? ''];
    const row: [string, string] = [`\`${prefix}${name}\`${required.includes(name) ? '' : '?'}`, limitsOf(property)];
    return [row, ...(of ? membersOf(of as unknown as ObjectSchema, nested, `${prefix}${name}.`) : [])];
  });
}

function limitsOf(property: Property): string {
  const { type, maxItems, minimum, maximum } = property;
  if (property.$ref) return 'an object';
  if (property.enum) return property.enum.map((value) => `\`${value}\``).join(', ');
  if (type === 'integer') return `a whole number${range(minimum, maximum)}`;
  if (type === 'array') return `a list of at most ${maxItems} texts`;
  return type === 'string' ? textLimits(property) : `a ${type}`;
}

function range(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return '';
  return maximum === undefined ? `, ${minimum} or more` : `, ${minimum} to ${maximum}`;
}

function textLimits({ pattern, maxLength }: Property): string {
  const words = pattern === undefined ? 'a text' : (WORDS[pattern] ?? `\`${pattern.replaceAll('|', '\\|')}\``);
  return maxLength === undefined ? words : `${words} of at most ${maxLength} characters`;
}
