/** The services behind the origin, by their prefix. */
const PREFIXES = ['registry', 'orchestrator', 'gateway', 'query'];

/** A parameter as OpenAPI describes it. */
interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema?: { type?: string };
}

/** What a schema of a body says that is looked at here. */
export interface BodySchema {
  $ref?: string;
  type?: string | string[];
  nullable?: boolean;
  properties?: Record<string, BodySchema>;
  required?: string[];
  allOf?: BodySchema[];
  anyOf?: BodySchema[];
}

/** A body in JSON, and the schemas of its service by name. */
export interface Body {
  schema: BodySchema;
  example: Record<string, unknown>;
  named: Record<string, BodySchema>;
}

/** An operation of a service. */
export interface Operation {
  method: string;
  /** With names in braces: `/query/v1/devices/{device_id}`. */
  path: string;
  parameters: Parameter[];
  body?: Body;
}

/** What platforms ask without credentials (probes.int.spec.ts of libs/service-host). */
const OPERATIONS = /^\/\w+\/(livez|readyz|metrics|openapi\.json)$/;

interface Described {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Omit<Body, 'named'>> };
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, BodySchema> };
}

/** Every operation that the services describe, but for the probes. */
export async function openApiOperations(origin: string): Promise<Operation[]> {
  const operations = await Promise.all(
    PREFIXES.map(async (prefix) => {
      const answer = await fetch(new URL(`/${prefix}/openapi.json`, origin));
      const { paths, components } = (await answer.json()) as Document;
      const routes = Object.entries(paths).filter(([path]) => !OPERATIONS.test(path));
      return routes.flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
          const json = requestBody?.content['application/json'];
          const body = json && { ...json, named: components.schemas };
          return { method: method.toUpperCase(), path, parameters, ...(body && { body }) };
        }),
      );
    }),
  );
  return operations.flat();
}

/** Their names: `GET /query/v1/devices/{device_id}`. */
export async function openApiRoutes(origin: string): Promise<string[]> {
  return (await openApiOperations(origin)).map(({ method, path }) => `${method} ${path}`);
}
