import { counter, gauge } from '@edgeflow/telemetry';

export const foldedEvents = counter({
  name: 'edgeflow_folded_events_total',
  help: 'Events whose rows were committed.',
  labelNames: ['fold'],
});

export const foldPosition = gauge({
  name: 'edgeflow_fold_position',
  help: 'Stream sequence of the last event in the rows.',
  labelNames: ['fold'],
});

export const foldBuilding = gauge({
  name: 'edgeflow_fold_building_events',
  help: 'Events that are not yet in the rows which the fold builds to put them in place of others; only while it does.',
  labelNames: ['fold'],
});

export const foldAlarm = gauge({
  name: 'edgeflow_fold_alarm',
  help: '1 while the fold refuses to run for this reason.',
  labelNames: ['fold', 'alarm'],
});

export const openDeadLettersGauge = gauge({
  name: 'edgeflow_set_aside_unacknowledged',
  help: 'Events that the fold has set aside and nobody has acknowledged.',
  labelNames: ['fold'],
});

export const foldLeader = gauge({
  name: 'edgeflow_fold_leader',
  help: '1 on the replica that folds.',
  labelNames: ['fold'],
});

export const foldTakeovers = counter({
  name: 'edgeflow_fold_takeovers_total',
  help: 'Leases that this replica took since their leader had not renewed them.',
  labelNames: ['fold'],
});
