import { counter, gauge } from '@edgeflow/telemetry';

/** The alarm of docs/operations.md: a human is to look at the stream OTA_ASIDE. */
export const eventsSetAside = counter({
  name: 'edgeflow_events_set_aside_total',
  help: 'Events that a follower could not handle and put into the stream OTA_ASIDE.',
  labelNames: ['durable', 'code'],
});

export const handlerRetries = counter({
  name: 'edgeflow_handler_retries_total',
  help: 'Attempts to handle events that failed and were made again.',
  labelNames: ['durable'],
});

export const durableRestarts = counter({
  name: 'edgeflow_durable_restarts_total',
  help: 'Times that a durable consumer was made anew, by reason.',
  labelNames: ['durable', 'reason'],
});

export const fillRatio = gauge({
  name: 'edgeflow_log_fill_ratio',
  help: 'How full the event log is, 0 to 1: from 0.9 on it takes only what stops or ends something.',
});

export const followerLag = gauge({
  name: 'edgeflow_follower_lag_events',
  help: 'Events stored and not handled yet, as of the last batch.',
  labelNames: ['durable'],
});
