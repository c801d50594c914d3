import { errorTable } from '@edgeflow/contracts';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { operationPaths } from './operation-paths.js';
import { PROBLEM_TYPE } from './problem.js';

export interface ApiOptions {
  /** The service's name, for the title. */
  name: string;
  /** The path under which the service is reached at the common origin, without slashes. */
  prefix: string;
  /** Where the common origin is; without it the document is relative to where it was read. */
  url?: string | undefined;
}

type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const text = { type: 'string' } as const;

/** The schema of every refusal (RFC 9457); facts of the refusal are further members. */
const PROBLEM_SCHEMA: SchemaObject = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'instance', 'request_id'],
  properties: {
    type: text,
    title: text,
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: text,
    code: { type: 'string', enum: Object.keys(errorTable) },
    instance: { type: 'string', description: 'The path of the request.' },
    request_id: { type: 'string', description: 'The id under which the logs know the request.' },
  },
  additionalProperties: true,
};

const PROBLEM_RESPONSE = {
  description: 'Any refusal, as a problem document (RFC 9457).',
  content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
};

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

/** Every operation can be refused: what a route does not describe itself is described by the `default` response. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  const operations = Object.values(document.paths).flatMap((path) => METHODS.map((method) => path[method]));
  for (const operation of operations.filter((some): some is Operation => some !== undefined)) {
    operation.responses['default'] ??= PROBLEM_RESPONSE;
  }
  const schemas = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA };
  return { ...document, components: { ...document.components, schemas } };
}

/** The OpenAPI 3.1 document of an app. */
export function describeApi(app: INestApplication, { name, prefix, url = '/' }: ApiOptions): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`EdgeFlow OTA: ${name}`)
    .setDescription(`Served under /${prefix} of the common origin. Times are RFC 3339 in UTC.`)
    .setVersion('1')
    .addServer(url)
    .addBearerAuth()
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  return withProblems({ ...document, paths: { ...document.paths, ...operationPaths(prefix) } });
}

/**
 * The OpenAPI 3.1 document of a service that does not run, for the docs: Nest's preview mode makes no provider and no
 * controller, so nothing that the module needs has to be there.
 */
export async function openApiOf(options: ApiOptions & { module: Type | DynamicModule }): Promise<OpenAPIObject> {
  const app = await NestFactory.create(options.module, new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  return describeApi(app, options);
}
