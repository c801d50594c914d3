import { metrics } from '@edgeflow/telemetry';
import { afterAll, expect } from 'vitest';

/** Whatever a spec was refused with must stand in the API description: a route that says otherwise lacks a code in `@Refuses`. */
afterAll(async () => {
  const undeclared = await metrics.getSingleMetric('edgeflow_undeclared_refusals_total')?.get();
  expect(undeclared?.values.map(({ labels }) => labels) ?? []).toEqual([]);
});
