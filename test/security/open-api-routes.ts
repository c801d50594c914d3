/** The services behind the origin, by their prefix. */
const PREFIXES = ['registry', 'orchestrator', 'gateway', 'query'];

/** A parameter as OpenAPI describes it. */
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema?: { type?: string };
}

/** An operation of a service. */
export interface Operation {
  method: string;
  /** With names in braces: `/query/v1/devices/{device_id}`. */
  path: string;
  parameters: Parameter[];
}

/** What platforms ask without credentials (probes.int.spec.ts of libs/service-host). */
const OPERATIONS = /^\/\w+\/(livez|readyz|metrics|openapi\.json)$/;

type Paths = Record<string, Record<string, { parameters?: Parameter[] }>>;

/** Every operation that the services describe, but for the probes. */
export async function openApiOperations(origin: string): Promise<Operation[]> {
  const operations = await Promise.all(
    PREFIXES.map(async (prefix) => {
      const answer = await fetch(new URL(`/${prefix}/openapi.json`, origin));
      const { paths } = (await answer.json()) as { paths: Paths };
      const routes = Object.entries(paths).filter(([path]) => !OPERATIONS.test(path));
      return routes.flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { parameters = [] }]) => ({
          ...{ method: method.toUpperCase(), path, parameters },
        })),
      );
    }),
  );
  return operations.flat();
}

/** Their names: `GET /query/v1/devices/{device_id}`. */
export async function openApiRoutes(origin: string): Promise<string[]> {
  return (await openApiOperations(origin)).map(({ method, path }) => `${method} ${path}`);
}
