import type { Fold } from '@edgeflow/fold';
import { counter, gauge } from '@edgeflow/telemetry';

export const projectedEvents = counter({
  name: 'edgeflow_projection_events_total',
  help: 'Events that are in the read models, by name.',
  labelNames: ['type'],
});

/** Shows the lag of this process's fold; not a number while NATS or Postgres does not answer. */
export function measureLag(fold: Fold): void {
  gauge({
    name: 'edgeflow_projection_lag_events',
    help: 'Events that are stored and not in the read models yet.',
    async collect() {
      this.set(await fold.lag().catch(() => Number.NaN));
    },
  });
}
