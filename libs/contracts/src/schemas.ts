import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import storage from 'class-transformer/cjs/storage.js';
import classValidator from 'class-validator';
import jsonschema from 'class-validator-jsonschema';
import { Refused, type ErrorCode } from './errors.js';
import { TIME_PATTERN, TIME_WORDS } from './fields.js';

/** A class with class-validator decorators. */
export type SchemaClass<T extends object = object> = new () => T;
export type JsonSchema = Record<string, unknown>;

// ajv-formats is CommonJS whose types name a default that Node does not give.
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;
const options = {
  classValidatorMetadataStorage: classValidator.getMetadataStorage(),
  classTransformerMetadataStorage: storage.defaultMetadataStorage,
  refPointerPrefix: '#/$defs/',
};
const cache = new Map<SchemaClass, JsonSchema>();

/** The nested classes that a schema refers to, and those that they refer to in turn. */
function nestedNames(schema: unknown, all: JsonSchema, known = new Set<string>()): Set<string> {
  for (const [, name = ''] of JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g)) {
    if (known.has(name)) continue;
    known.add(name);
    nestedNames(all[name], all, known);
  }
  return known;
}

/**
 * The JSON Schema (2020-12) of a decorated class, nested classes under `$defs`. Unknown members are allowed: readers are
 * tolerant, so that a field may be added without a new version.
 */
export function schemaOf(schemaClass: SchemaClass): JsonSchema {
  const known = cache.get(schemaClass);
  if (known) return known;
  const own = jsonschema.targetConstructorToSchema(schemaClass, options) as JsonSchema;
  const nests = JSON.stringify(own).includes('"#/$defs/');
  const all = nests ? (jsonschema.validationMetadatasToSchemas(options) as JsonSchema) : {};
  const names = [...nestedNames(own, all)];
  const schema = {
    ...own,
    title: schemaClass.name,
    ...(nests && { $defs: Object.fromEntries(names.map((name) => [name, all[name]])) }),
  };
  cache.set(schemaClass, schema);
  return schema;
}

const ajv = new Ajv2020({ allErrors: false, strict: false });
addFormats(ajv);

/** Compiled once per class. */
function compiledOnce(
  schemaFor: (schemaClass: SchemaClass) => JsonSchema,
): (schemaClass: SchemaClass) => ValidateFunction {
  const validators = new Map<SchemaClass, ValidateFunction>();
  return (schemaClass) => {
    const known = validators.get(schemaClass);
    if (known) return known;
    const validate = ajv.compile(schemaFor(schemaClass));
    validators.set(schemaClass, validate);
    return validate;
  };
}

const validatorOf = compiledOnce(schemaOf);
const closedValidatorOf = compiledOnce((schemaClass) => closed(schemaOf(schemaClass)) as JsonSchema);

/** A copy of a schema in which every object with named members takes no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return 'properties' in copy ? { ...copy, additionalProperties: false } : copy;
}

/**
 * Checks a plain value against a decorated class with a compiled validator: the hot path's check, thousands a second.
 * @throws Refused `code`, with the first violation in words, when the value does not fit
 */
export function assertShape<T extends object>(
  schemaClass: SchemaClass<T>,
  value: unknown,
  code: ErrorCode = 'event-invalid',
): asserts value is T {
  const validate = validatorOf(schemaClass);
  if (!validate(value)) throw refusalOf(schemaClass, validate, code);
}

/**
 * Checks that a value has no members that its class does not name, at any depth: where a misspelt member that is passed over would be
 * dangerous. To be called after `assertShape`.
 * @throws Refused `code` naming the member
 */
export function assertKnownMembers(
  schemaClass: SchemaClass,
  value: unknown,
  code: ErrorCode = 'invalid-request',
): void {
  const validate = closedValidatorOf(schemaClass);
  if (!validate(value)) throw refusalOf(schemaClass, validate, code);
}

/** A pattern that takes lines to write is no help to whoever got it wrong. */
function wordsOf(error: ErrorObject | undefined): string {
  const { pattern } = (error?.params ?? {}) as { pattern?: string };
  return pattern === TIME_PATTERN.source ? TIME_WORDS : (error?.message ?? 'is not valid');
}

function refusalOf(schemaClass: SchemaClass, validate: ValidateFunction, code: ErrorCode): Refused {
  const [first] = validate.errors ?? [];
  const where = first?.instancePath ? first.instancePath.slice(1).replaceAll('/', '.') : schemaClass.name;
  const unknown = (first?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
  const what = unknown === undefined ? wordsOf(first) : `has no member ${unknown}`;
  return new Refused(code, `${where} ${what}`, { type: schemaClass.name });
}
