/** The services behind the origin, by their prefix. */
const PREFIXES = ['registry', 'orchestrator', 'gateway', 'query'];

/** Every operation that the services describe: `GET /query/v1/devices/{device_id}`. */
export async function openApiRoutes(origin: string): Promise<string[]> {
  const routes = await Promise.all(
    PREFIXES.map(async (prefix) => {
      const answer = await fetch(new URL(`/${prefix}/openapi.json`, origin));
      const { paths } = (await answer.json()) as { paths: Record<string, Record<string, object>> };
      return Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
    }),
  );
  return routes.flat();
}
