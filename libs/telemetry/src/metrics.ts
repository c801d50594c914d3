import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** The metrics of this process, served at `/metrics`. */
export const metrics = new Registry();

/** What a metric says of itself. `name` follows `edgeflow_<noun>_<unit>_total`, units are base units (seconds, bytes). */
export interface MetricDeclaration<L extends string = string> {
  name: string;
  help: string;
  labelNames?: readonly L[];
}

function declared<M>(name: string, make: () => M): M {
  return (metrics.getSingleMetric(name) as M | undefined) ?? make();
}

/** The counter with this name; it is made at the first call, later calls get the same one. */
export function counter<L extends string = string>(declaration: MetricDeclaration<L>): Counter<L> {
  return declared(declaration.name, () => new Counter({ ...declaration, registers: [metrics] }));
}

/** The gauge with this name; `collect` runs at every scrape and sets the value. */
export function gauge<L extends string = string>(
  declaration: MetricDeclaration<L> & { collect?: (this: Gauge<L>) => void | Promise<void> },
): Gauge<L> {
  return declared(declaration.name, () => new Gauge({ ...declaration, registers: [metrics] }));
}

/** The histogram with this name; `buckets` in the unit that the name says. */
export function histogram<L extends string = string>(
  declaration: MetricDeclaration<L> & { buckets?: number[] },
): Histogram<L> {
  return declared(declaration.name, () => new Histogram({ ...declaration, registers: [metrics] }));
}

/** Starts the process metrics of prom-client (CPU, memory, event loop lag, GC); a second call does nothing. */
export function collectProcessMetrics(): void {
  if (!metrics.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics({ register: metrics });
}
