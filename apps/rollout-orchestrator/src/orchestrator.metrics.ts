import { counter } from '@edgeflow/telemetry';

export const decisions = counter({
  name: 'edgeflow_decisions_total',
  help: 'Events that the dispatcher stored, by name.',
  labelNames: ['type'],
});

export const requestsTakenIn = counter({
  name: 'edgeflow_requests_taken_in_total',
  help: 'Messages in the inboxes of organizations, by what became of them: stored, again, refused, suppressed.',
  labelNames: ['outcome'],
});
