import { counter } from '@edgeflow/telemetry';

export const decisions = counter({
  name: 'edgeflow_decisions_total',
  help: 'Events that the dispatcher stored, by name.',
  labelNames: ['type'],
});
