import { described, type JsonSchema } from '@edgeflow/contracts';
import { accessOf } from '@edgeflow/identity';
import { systemMachine } from '@edgeflow/runtime';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { MachineModule } from '../machine.module.js';
import { contractSchemasIn } from './contract-schema.js';
import { operationPaths } from './operation-paths.js';
import { ANY_PROBLEM, PROBLEM_SCHEMA, problemResponses } from './problem-responses.js';
import { refusalsOf, type Route } from './refuses.js';
import { operationIdOf, routesOf } from './routes-of.js';
import { SECURITY_SCHEMES, securityOf } from './security.js';
import { IDEMPOTENCY_KEY, spokenParameter, withExamples } from './spoken.js';

export interface ApiOptions {
  /** The service's name, for the title. */
  name: string;
  /** The path under which the service is reached at the common origin, without slashes. */
  prefix: string;
  /** Where the common origin is; without it the document is relative to where it was read. */
  url?: string | undefined;
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Named = Record<string, object>;

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

function operationsOf(document: OpenAPIObject): Operation[] {
  return Object.values(document.paths).flatMap((path) => METHODS.flatMap((method) => path[method] ?? []));
}

/** Adds what the decorators of a route say of it: who may call, and with what it refuses. */
function addRoute(operation: Operation, route: Route, responses: Named): void {
  const { controller, handler } = route;
  const access = accessOf(controller, handler);
  operation.security = securityOf(access);
  if (access.roles) Object.assign(operation, { 'x-roles': [...new Set(['admin', ...access.roles])] });
  for (const { status, name, response } of problemResponses(refusalsOf(route))) {
    responses[name] = response;
    operation.responses[String(status)] = { $ref: `#/components/responses/${name}` };
  }
  operation.responses['default'] ??= { $ref: '#/components/responses/default' };
}

/** The credentials that a service takes. */
function schemesIn(operations: readonly Operation[]): Named {
  const taken = new Set(operations.flatMap(({ security = [] }) => security.flatMap((one) => Object.keys(one))));
  return Object.fromEntries(Object.entries(SECURITY_SCHEMES).filter(([scheme]) => taken.has(scheme)));
}

/** The document with refusals, schemas of the contracts, words and examples: whatever Nest cannot know by itself. */
function whole(document: OpenAPIObject, routes: ReadonlyMap<string, Route>): OpenAPIObject {
  const responses: Named = { default: ANY_PROBLEM };
  const operations = operationsOf(document);
  for (const operation of operations) {
    const route = routes.get(operation.operationId ?? '');
    if (route) addRoute(operation, route, responses);
    operation.parameters = operation.parameters?.map(spokenParameter);
  }
  const own = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA } as unknown as Record<string, JsonSchema>;
  const all = { ...own, ...contractSchemasIn(document) };
  const schemas = Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, described(schema, name)]));
  for (const operation of operations) withExamples(operation, schemas);
  const takesKey = JSON.stringify(document.paths).includes('"#/components/parameters/IdempotencyKey"');
  const parameters = takesKey ? { parameters: { IdempotencyKey: IDEMPOTENCY_KEY } } : {};
  const securitySchemes = schemesIn(operations);
  const components = { securitySchemes, ...parameters, schemas, responses } as OpenAPIObject['components'];
  return { ...document, ...(components && { components }) };
}

/** The OpenAPI 3.1 document of an app. */
export function describeApi(app: INestApplication, { name, prefix, url = '/' }: ApiOptions): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`EdgeFlow OTA: ${name}`)
    .setDescription(`Served under /${prefix} of the common origin. Times are RFC 3339 in UTC.`)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer(url)
    .addSecurityRequirements('bearer');
  const document = SwaggerModule.createDocument(app, config.build(), { operationIdFactory: operationIdOf });
  const { contact: _nobody, ...info } = document.info;
  const paths = { ...document.paths, ...operationPaths(prefix) };
  return whole({ ...document, info, paths }, routesOf(app));
}

/** Around the module of a service that does not run. */
class DescribedModule {}

/**
 * The OpenAPI 3.1 document of a service that does not run, for the docs: Nest's preview mode makes no provider and no
 * controller, so nothing that the module opens has to be there.
 */
export async function openApiOf(options: ApiOptions & { module: Type | DynamicModule }): Promise<OpenAPIObject> {
  const described: DynamicModule = {
    module: DescribedModule,
    imports: [MachineModule.of(systemMachine), options.module],
  };
  const app = await NestFactory.create(described, new FastifyAdapter(), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  return describeApi(app, options);
}
