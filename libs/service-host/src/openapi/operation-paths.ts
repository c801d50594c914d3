import type { OpenAPIObject } from '@nestjs/swagger';

type Paths = OpenAPIObject['paths'];

const STATUS = {
  type: 'string',
  enum: ['ok', 'degraded', 'error'],
  description: '`degraded`: it works, and somebody should look.',
} as const;
const ALIVE = { type: 'object', required: ['status'], properties: { status: STATUS } } as const;
const READINESS = {
  type: 'object',
  required: ['status'],
  properties: {
    status: STATUS,
    info: { type: 'object', description: 'Inside only: the checks that pass, by name.' },
    error: { type: 'object', description: 'Inside only: the checks that fail, by name, each with its reason.' },
    details: { type: 'object', description: 'Inside only: all checks.' },
  },
  additionalProperties: false,
} as const;

const json = (schema: object, example: object) => ({ 'application/json': { schema, example } });
const operation = (summary: string, responses: object) =>
  ({
    get: { operationId: summary.split(':', 1)[0], tags: ['operations'], security: [], summary, responses },
  }) as object;

/** What platforms ask every service, as OpenAPI describes it; they need no credentials. */
export function operationPaths(prefix: string): Paths {
  const ready = {
    description:
      'Whoever connects to the service itself, or is on the origin’s machine, is told of each check; anybody else gets `status` alone.',
    content: json(READINESS, { status: 'ok' }),
  };
  return {
    [`/${prefix}/livez`]: operation('livez: the process runs', {
      200: { description: 'It does.', content: json(ALIVE, { status: 'ok' }) },
    }),
    [`/${prefix}/readyz`]: operation('readyz: the service can do its work', {
      200: { ...ready, description: `It can, perhaps \`degraded\`. ${ready.description}` },
      503: { ...ready, content: json(READINESS, { status: 'error' }), description: `It cannot. ${ready.description}` },
    }),
    [`/${prefix}/metrics`]: operation('metrics: Prometheus', {
      200: {
        description: 'The metrics.',
        content: {
          'text/plain': { schema: { type: 'string' }, example: 'edgeflow_auth_failures_total{scheme="bearer"} 3' },
        },
      },
      404: { description: 'Whoever asks by the origin and is not on its machine: there is no such route.' },
    }),
    [`/${prefix}/openapi.json`]: operation('openapi: this document', {
      200: { description: 'OpenAPI 3.1.', content: json({ type: 'object' }, { openapi: '3.1.0' }) },
    }),
  };
}
