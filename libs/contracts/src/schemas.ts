import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import storage from 'class-transformer/cjs/storage.js';
import classValidator from 'class-validator';
import jsonschema from 'class-validator-jsonschema';
import { Refused, type ErrorCode } from './errors.js';

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

function nestedNames(schema: unknown): string[] {
  return [...JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g)].map((match) => match[1] ?? '');
}

/**
 * The JSON Schema (2020-12) of a decorated class, nested classes under `$defs`. Unknown members are allowed: readers are
 * tolerant, so that a field may be added without a new version.
 */
export function schemaOf(schemaClass: SchemaClass): JsonSchema {
  const known = cache.get(schemaClass);
  if (known) return known;
  const own = jsonschema.targetConstructorToSchema(schemaClass, options) as JsonSchema;
  const names = nestedNames(own);
  const all = names.length > 0 ? jsonschema.validationMetadatasToSchemas(options) : {};
  const schema = {
    ...own,
    title: schemaClass.name,
    ...(names.length > 0 && { $defs: Object.fromEntries(names.map((name) => [name, all[name]])) }),
  };
  cache.set(schemaClass, schema);
  return schema;
}

const ajv = new Ajv2020({ allErrors: false, strict: false });
addFormats(ajv);
const validators = new Map<SchemaClass, ValidateFunction>();

function validatorOf(schemaClass: SchemaClass): ValidateFunction {
  let validate = validators.get(schemaClass);
  if (!validate) {
    validate = ajv.compile(schemaOf(schemaClass));
    validators.set(schemaClass, validate);
  }
  return validate;
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
  if (validate(value)) return;
  const [first] = validate.errors ?? [];
  const where = first?.instancePath ? first.instancePath.slice(1).replaceAll('/', '.') : schemaClass.name;
  throw new Refused(code, `${where} ${first?.message ?? 'is not valid'}`, { type: schemaClass.name });
}
