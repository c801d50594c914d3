import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import transformerStorage from 'class-transformer/cjs/storage.js';
import classValidator from 'class-validator';
import jsonschema from 'class-validator-jsonschema';
import { Refused, type ErrorCode } from './errors.js';
import { didYouMean } from './nearest.js';
import { wordsFor } from './pattern-words.js';

/** A class with class-validator decorators. */
export type SchemaClass<T extends object = object> = new () => T;
export type JsonSchema = Record<string, unknown>;

// ajv-formats is CommonJS whose types name a default that Node does not give.
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;
/** What its types hide: the decorators of each class. */
const storage = classValidator.getMetadataStorage() as unknown as {
  validationMetadatas: ReadonlyMap<unknown, unknown>;
};
const options = {
  classValidatorMetadataStorage: classValidator.getMetadataStorage(),
  classTransformerMetadataStorage: transformerStorage.defaultMetadataStorage,
  refPointerPrefix: '#/$defs/',
};

/** What is made of a class, made once. */
function oncePerClass<T>(make: (schemaClass: SchemaClass) => T): (schemaClass: SchemaClass) => T {
  const made = new Map<SchemaClass, T>();
  return (schemaClass) => {
    const known = made.get(schemaClass) ?? make(schemaClass);
    made.set(schemaClass, known);
    return known;
  };
}

let ofAll: { classes: number; schemas: JsonSchema } | undefined;

/** Schemas of all decorated classes, by name: made again only where classes were declared since, as one of each takes as long as all of them. */
function schemasOfAll(): JsonSchema {
  const { size: classes } = storage.validationMetadatas;
  if (ofAll?.classes !== classes)
    ofAll = { classes, schemas: jsonschema.validationMetadatasToSchemas(options) as JsonSchema };
  return ofAll.schemas;
}

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
export const schemaOf = oncePerClass((schemaClass): JsonSchema => {
  const own = jsonschema.targetConstructorToSchema(schemaClass, options) as JsonSchema;
  const nests = JSON.stringify(own).includes('"#/$defs/');
  const all = nests ? schemasOfAll() : {};
  const names = [...nestedNames(own, all)];
  return {
    ...own,
    title: schemaClass.name,
    ...(nests && { $defs: Object.fromEntries(names.map((name) => [name, all[name]])) }),
  };
});

const ajv = new Ajv2020({ allErrors: false, strict: false, verbose: true });
addFormats(ajv);

const validatorOf = oncePerClass((schemaClass) => ajv.compile(schemaOf(schemaClass)));
const closedValidatorOf = oncePerClass((schemaClass) => ajv.compile(closed(schemaOf(schemaClass)) as JsonSchema));

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

/** What is wrong, as the API says it: neither patterns nor values that the reader cannot see. */
function wordsOf(error: ErrorObject | undefined): string {
  const { pattern, allowedValues } = (error?.params ?? {}) as { pattern?: string; allowedValues?: readonly unknown[] };
  if (error?.data === null) return 'must not be null';
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}`;
  return wordsFor(pattern ?? '') ?? error?.message ?? 'is not valid';
}

function unknownMember(name: string, { parentSchema }: ErrorObject): string {
  const { properties = {} } = (parentSchema ?? {}) as { properties?: object };
  return `has no member ${name}${didYouMean(name, Object.keys(properties))}`;
}

function refusalOf(schemaClass: SchemaClass, validate: ValidateFunction, code: ErrorCode): Refused {
  const [first] = validate.errors ?? [];
  const where = first?.instancePath ? first.instancePath.slice(1).replaceAll('/', '.') : schemaClass.name;
  const unknown = (first?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
  const what = first && unknown !== undefined ? unknownMember(unknown, first) : wordsOf(first);
  return new Refused(code, `${where} ${what}`, { type: schemaClass.name });
}
