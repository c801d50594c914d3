import { exampleOf, descriptionOf, type JsonSchema } from '@edgeflow/contracts';
import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Parameter = NonNullable<Operation['parameters']>[number];
type Content = Record<string, { schema?: JsonSchema; example?: unknown; examples?: unknown }>;

/** The header by which a repeated request is the same request. */
export const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key is the same request, however often it is sent.',
  schema: { type: 'string' },
  example: 'release-1.3.0',
} as const;

/** What an answer is called that its route does not describe. */
const BY_STATUS: Readonly<Record<string, string>> = {
  200: 'The answer.',
  201: 'It was made.',
  202: 'It was taken.',
};

/** A parameter with what it is and a value that it may have. */
export function spokenParameter(parameter: Parameter): Parameter {
  if ('$ref' in parameter) return parameter;
  if (parameter.in === 'header' && parameter.name === IDEMPOTENCY_KEY.name.toLowerCase())
    return { $ref: '#/components/parameters/IdempotencyKey' };
  const [description, example] = descriptionOf('', parameter.name) ?? [];
  const isOpen = parameter.schema && !('enum' in parameter.schema) && !('default' in parameter.schema);
  return {
    ...parameter,
    ...(parameter.description === undefined && description !== undefined && { description }),
    ...(isOpen && parameter.example === undefined && example !== undefined && { example }),
  };
}

/** Adds an example to the body of a request and to each of its good answers. */
export function withExamples(operation: Operation, schemas: Record<string, JsonSchema>): void {
  const { requestBody, responses } = operation;
  if (requestBody && 'content' in requestBody) exemplify(requestBody.content as Content, schemas);
  for (const [status, response] of Object.entries(responses)) {
    if (!response || '$ref' in response || !('description' in response)) continue;
    response.description ||= BY_STATUS[status] ?? '';
    exemplify((response.content ?? {}) as Content, schemas);
  }
}

function exemplify(content: Content, schemas: Record<string, JsonSchema>): void {
  const json = content['application/json'];
  if (json?.schema === undefined || 'example' in json || 'examples' in json) return;
  const example = exampleOf(json.schema, schemas);
  if (example !== undefined) json.example = example;
}
